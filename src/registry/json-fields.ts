export * from '../model/json-fields.ts';
