import type { TSchema } from 'typebox';
import type { JsonObject } from '../model/json.ts';
import type { Choice } from './build.ts';
import type { KindDefinition } from './kind.ts';
import { keywordsOf, valuesOf } from './walk.ts';

/**
 * The CustomResourceDefinition of a kind. Structural: the API server refuses wrong types, values that are none of an
 * enum, absent needed fields and fields that exclude each other; it keeps fields that it does not know.
 */
export function buildCrd(definition: KindDefinition): JsonObject {
  const { group, kind, plural } = definition;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, labels: { 'app.kubernetes.io/part-of': 'outrigger' } },
    spec: {
      group,
      names: {
        ...{ kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
        ...(definition.shortNames.length === 0 ? {} : { shortNames: [...definition.shortNames] }),
        categories: [...definition.categories],
      },
      scope: definition.scope,
      conversion: { strategy: 'None' },
      versions: definition.versions.map((name) => buildVersion(name, definition)),
    },
  };
}

function buildVersion(name: string, definition: KindDefinition): JsonObject {
  const columns = definition.columns.map((column) => ({ ...column }));
  return {
    name,
    served: true,
    storage: name === definition.storage,
    ...(columns.length === 0 ? {} : { additionalPrinterColumns: columns }),
    subresources: { status: {} },
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: {
          spec: structural(definition.spec),
          status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    },
  };
}

/** https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema */
function structural(schema: TSchema): JsonObject {
  const keywords = keywordsOf(schema);
  const base: JsonObject = keywords.description === undefined ? {} : { description: keywords.description };
  if (keywords.enum !== undefined) return { ...base, type: 'string', enum: [...keywords.enum] };
  if (keywords.type === undefined) return { ...base, 'x-kubernetes-preserve-unknown-fields': true };
  const values = valuesOf(keywords);
  const result: JsonObject = { ...base, type: keywords.type };
  if (keywords.type === 'integer') result.format = 'int64';
  if (keywords.minimum !== undefined) result.minimum = keywords.minimum;
  if (keywords.maximum !== undefined) result.maximum = keywords.maximum;
  if (keywords.items !== undefined) result.items = structural(keywords.items);
  if (values !== undefined) result.additionalProperties = structural(values);
  return keywords.properties === undefined ? result : { ...result, ...structuralMessage(schema) };
}

function structuralMessage(schema: TSchema): JsonObject {
  const { properties = {}, required = [], choices = [] } = keywordsOf(schema);
  const fields = Object.entries(properties).map(([name, field]) => {
    const result = structural(field);
    // A zero is "not set" (`isSet` of walk.ts).
    const isZeroUnset =
      result.type === 'integer' &&
      Number(result.minimum) > 0 &&
      !required.includes(name) &&
      keywordsOf(field).hasPresence !== true;
    return [name, isZeroUnset ? { ...result, minimum: 0 } : result] as const;
  });
  const oneOfs = choices.map(structuralChoice);
  const [only] = oneOfs;
  return {
    properties: Object.fromEntries(fields),
    ...(required.length === 0 ? {} : { required: [...required] }),
    ...(oneOfs.length === 1 && only !== undefined ? { oneOf: only } : {}),
    ...(oneOfs.length > 1 ? { allOf: oneOfs.map((oneOf) => ({ oneOf })) } : {}),
    'x-kubernetes-preserve-unknown-fields': true,
  };
}

/** At most one of the fields (exactly one where it is needed). */
function structuralChoice(choice: Choice): JsonObject[] {
  const each = choice.of.map((name) => ({ required: [name] }));
  return choice.needed === true ? each : [{ not: { anyOf: each } }, ...each];
}
