export { readTemplateTexts } from '../../src/app/places.ts';
