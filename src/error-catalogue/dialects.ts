import type { CatalogueEntry } from './entry.ts';

export const dialectErrors = {
  OR2570: {
    status: 422,
    title: 'A field of another dialect has no effect',
    remedy: 'docs/dialects.md lists what is translated; say it by a VirtualService where you need it.',
  },
  OR2571: {
    status: 409,
    title: 'Another resource routes the same host',
    remedy: 'Remove one of the two: docs/dialects.md has the order in which they win.',
  },
  OR2572: {
    status: 422,
    title: 'A field is read in the sense that its author must have meant',
    remedy: 'Write it as its dialect has it: the message says how.',
  },
  OR2573: {
    status: 422,
    title: 'A resource of another dialect, or a rule of it, cannot be used',
    remedy: 'Correct the field that the message names: until then the resource, or the rule, has no effect.',
  },
  OR2574: {
    status: 404,
    title: 'A route refers to what is not there or may not be referred to',
    remedy:
      'Make the object that the message names, or a ReferenceGrant in its namespace: until then such requests are answered by 500.',
  },
  OR2575: {
    status: 409,
    title: 'A route is attached to nothing',
    remedy: 'Name a Gateway of ours, a listener of it that allows the route, or a Service in `spec.parentRefs`.',
  },
  OR2576: {
    status: 502,
    title: 'The status of a resource cannot be written',
    remedy: 'Give the control plane the right to patch it: `outrigger manifest generate` has the rule.',
  },
} as const satisfies Record<string, CatalogueEntry>;
