import { type Validation, validate } from '../schema/validate.ts';
import { objectFault } from './registry-problem.ts';

/** What throws where it is checked has an error, so that what guards something is closed as with any other. */
export function validated(object: unknown): Validation {
  try {
    return validate(object);
  } catch (error) {
    const { severity, code, message } = objectFault({ kind: '', namespace: '', name: '' }, error);
    return { value: undefined, problems: [{ severity, code, message, path: '', value: undefined }] };
  }
}
