import { message, real } from '../build.ts';

export const percent = (description: string) =>
  message({ value: real('From 0 to 100.', { minimum: 0, maximum: 100 }) }, { description });
