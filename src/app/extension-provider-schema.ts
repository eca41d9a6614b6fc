import { Type } from 'typebox';

const headers = () =>
  Type.Optional(Type.Array(Type.String({ minLength: 1, pattern: '^[^*]+$|^\\*?[^*]*$|^[^*]*\\*?$' })));

/** What Envoy may answer: it refuses a configuration with any other. */
const errorCodes = [
  ...[400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 423, 424],
  ...[426, 428, 429, 431, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511],
];

const authorizer = {
  service: Type.String({ pattern: '^([a-z0-9-]+/)?[a-z0-9.-]+$', maxLength: 320 }),
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
  timeout: Type.Optional(Type.String({ pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h))+$' })),
  failOpen: Type.Optional(Type.Boolean()),
  statusOnError: Type.Optional(Type.Union(errorCodes.map((code) => Type.Literal(String(code))))),
  clearRouteCache: Type.Optional(Type.Boolean()),
  includeRequestBodyInCheck: Type.Optional(
    Type.Object({
      maxRequestBytes: Type.Optional(Type.Integer({ minimum: 1, maximum: 4_294_967_295 })),
      allowPartialMessage: Type.Optional(Type.Boolean()),
      packAsBytes: Type.Optional(Type.Boolean()),
    }),
  ),
};

const tracer = {
  service: authorizer.service,
  port: authorizer.port,
  maxTagLength: Type.Optional(Type.Integer({ minimum: 1, maximum: 4_294_967_295 })),
};

const tellers = {
  prometheus: Type.Optional(Type.Object({})),
  envoyFileAccessLog: Type.Optional(
    Type.Object(
      {
        path: Type.String({ minLength: 1 }),
        logFormat: Type.Optional(
          Type.Object(
            {
              text: Type.Optional(Type.String({ minLength: 1 })),
              labels: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
            },
            { additionalProperties: false },
          ),
        ),
      },
      { additionalProperties: false },
    ),
  ),
  zipkin: Type.Optional(
    Type.Object(
      {
        ...tracer,
        path: Type.Optional(Type.String({ pattern: '^/' })),
        enable64bitTraceId: Type.Optional(Type.Boolean()),
      },
      { additionalProperties: false },
    ),
  ),
  opentelemetry: Type.Optional(
    Type.Object(
      {
        ...tracer,
        http: Type.Optional(
          Type.Object(
            {
              path: Type.String({ pattern: '^/' }),
              timeout: authorizer.timeout,
              headers: Type.Optional(
                Type.Array(Type.Object({ name: Type.String({ minLength: 1 }), value: Type.String() })),
              ),
            },
            { additionalProperties: false },
          ),
        ),
      },
      { additionalProperties: false },
    ),
  ),
};

/** An entry of Istio's `meshConfig.extensionProviders`; other kinds of providers may stand beside those that are read. */
export const ExtensionProviderSchema = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 253 }),
  envoyExtAuthzHttp: Type.Optional(
    Type.Object(
      {
        ...authorizer,
        pathPrefix: Type.Optional(Type.String({ pattern: '^/' })),
        includeHeadersInCheck: headers(),
        includeRequestHeadersInCheck: headers(),
        includeAdditionalHeadersInCheck: Type.Optional(Type.Record(Type.String(), Type.String())),
        headersToUpstreamOnAllow: headers(),
        headersToDownstreamOnDeny: headers(),
        headersToDownstreamOnAllow: headers(),
      },
      { additionalProperties: false },
    ),
  ),
  envoyExtAuthzGrpc: Type.Optional(Type.Object(authorizer, { additionalProperties: false })),
  ...tellers,
});
