import { createServer, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import protobuf from 'protobufjs';

/** A span as any collector has it. */
export interface Span {
  readonly trace: string;
  readonly id: string;
  readonly parent: string;
  readonly service: string;
  readonly kind: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** What is read of OTLP; numbers as in https://github.com/open-telemetry/opentelemetry-proto, the rest is passed over. */
const otlp = protobuf
  .parse(`
  syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span { bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; int32 kind = 6; repeated KeyValue attributes = 9; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue { string string_value = 1; }
`)
  .root.lookupType('Request');

interface KeyValue {
  readonly key: string;
  readonly value?: { readonly stringValue?: string };
}
interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource?: { readonly attributes?: readonly KeyValue[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly traceId: Uint8Array;
        readonly spanId: Uint8Array;
        readonly parentSpanId: Uint8Array;
        readonly kind: number;
        readonly attributes: readonly KeyValue[];
      }[];
    }[];
  }[];
}
interface ZipkinSpan {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly kind: string;
  readonly localEndpoint: { readonly serviceName: string };
  readonly tags: Readonly<Record<string, string>>;
}

const textOf = (list: readonly KeyValue[] = []) =>
  Object.fromEntries(list.map(({ key, value }) => [key, value?.stringValue ?? '']));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function fromOtlp(body: Buffer): Span[] {
  const { resourceSpans } = otlp.decode(body) as unknown as OtlpRequest;
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ traceId, spanId, parentSpanId, kind, attributes }) => ({
        ...{ trace: hex(traceId), id: hex(spanId), parent: hex(parentSpanId ?? new Uint8Array()) },
        service: textOf(resource?.attributes)['service.name'] ?? '',
        kind: ['', 'INTERNAL', 'SERVER', 'CLIENT'][kind] ?? String(kind),
        tags: textOf(attributes),
      })),
    ),
  );
}

function fromZipkin(body: Buffer): Span[] {
  return (JSON.parse(body.toString()) as readonly ZipkinSpan[]).map(({ traceId, id, parentId, kind, ...span }) => ({
    ...{ trace: traceId, id, parent: parentId ?? '', kind, service: span.localEndpoint.serviceName, tags: span.tags },
  }));
}

/** A real endpoint: OTLP over HTTP at /v1/traces, Zipkin's JSON at /api/v2/spans. */
export async function startCollector(
  host: string,
  port: number,
  onSpans: (spans: readonly Span[]) => void,
): Promise<Server> {
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    onSpans(request.url === '/v1/traces' ? fromOtlp(body) : fromZipkin(body));
    response.writeHead(200).end();
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return server;
}

export interface Tree {
  readonly [span: string]: Tree;
}

/** Who called whom by the parents of the spans: `{"a CLIENT": {"b SERVER": {}}}`. Equal siblings are told apart by their number. */
export function treeOf(spans: readonly Span[], parent = ''): Tree {
  const known = new Set(spans.map(({ id }) => id));
  const children = spans.filter((span) => (parent === '' ? !known.has(span.parent) : span.parent === parent));
  const branches = children
    .map((span) => [`${span.service} ${span.kind}`, treeOf(spans, span.id)] as const)
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return Object.fromEntries(branches.map(([name, tree], index) => [`${index + 1} ${name}`, tree]));
}
