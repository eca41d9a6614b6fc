import type { CatalogueEntry } from './entry.ts';

/** 2001–2049. Those of a stream end it: the proxy is told code and text in the status, and comes again by itself. */
export const wireErrors = {
  OR2001: {
    status: 500,
    title: "A resource has a field that Envoy's API does not have",
    remedy:
      'The path names it. In an EnvoyFilter, correct the field; anywhere else it is a defect of Outrigger: report it.',
  },
  OR2002: {
    status: 500,
    title: "A resource has a value that Envoy's API does not take",
    remedy:
      'The path names it. In an EnvoyFilter, correct the value; anywhere else it is a defect of Outrigger: report it.',
  },
  OR2003: {
    status: 400,
    title: 'A message on a configuration stream is no discovery request',
    remedy: 'Connect nothing but an Envoy (or another xDS client) to this port.',
  },
  OR2004: {
    status: 401,
    title: 'A configuration stream without a bearer token',
    remedy: 'Inject the pod anew: the bootstrap that the injector writes sends the token of its service account.',
  },
  OR2005: {
    status: 408,
    title: 'A configuration stream without a first request',
    remedy: 'Look for a connection check that opens streams, or for a proxy that is stuck at its start.',
  },
  OR2006: {
    status: 400,
    title: 'The first request of a configuration stream does not say who asks',
    remedy: 'Start the proxy with the bootstrap of the injector: it states `node.id`.',
  },
  OR2007: {
    status: 429,
    title: 'Too many requests of one kind to the configuration server',
    remedy: 'The proxy comes again by itself. When it goes on, raise the limits or add a replica.',
  },
  OR2008: {
    status: 503,
    title: 'A configuration stream ended in order',
    remedy: 'Nothing: the proxy comes again at once, to another replica or with a fresh token.',
  },
  OR2009: {
    status: 400,
    title: 'A proxy asks for more names than one stream may hold',
    remedy: 'Look at what its clients ask for: names that no service has are answered until the limit is reached.',
  },
  OR2010: {
    status: 422,
    title: 'A proxy rejected a resource',
    remedy: 'The message names the objects it was made from. The proxy goes on with what it had before.',
  },
  OR2011: {
    status: 403,
    title: 'Somebody else asks for what replicas of the control plane tell each other',
    remedy:
      'Replicas know each other by their pods `app=outrigger` and the service accounts of these. Nobody else has to ask; see who it is.',
  },
} as const satisfies Record<string, CatalogueEntry>;
