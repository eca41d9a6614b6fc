import { useEffect, useRef } from 'preact/hooks';
import type { GraphEdge, GraphNode } from '../../../src/dashboard/api-types.ts';
import { printRoute } from '../data/route.ts';
import { versioned } from '../format/names.ts';
import { formatBytes, formatRate, formatShare } from '../format/numbers.ts';
import { Failures, WhichPolicy } from '../ui/failures.tsx';
import { Lock, lockSentence } from '../ui/lock.tsx';
import { HealthMark } from '../ui/marks.tsx';
import { Name } from '../ui/name.tsx';
import { Because } from '../ui/plaintext-cause.tsx';
import type { DrawnGraph } from './aggregate.ts';
import { hasRefusals } from './filter.ts';
import { Figure, SignalsList } from './signals-list.tsx';

interface DetailsProps {
  readonly graph: DrawnGraph;
  readonly selected: string;
  readonly onSelect: (id: string) => void;
}

/** All that is known of the selected node or edge. */
export function Details({ graph, selected, onSelect }: DetailsProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const node = graph.nodes.find((one) => one.id === selected);
  const edge = graph.edges.find((one) => one.id === selected);
  // Who selects is taken to what was selected
  useEffect(() => heading.current?.focus({ preventScroll: true }), [selected]);
  if (node === undefined && edge === undefined) return null;
  return (
    <aside class="details" aria-label="Details">
      <button type="button" class="close" aria-label="Close details" onClick={() => onSelect('')}>
        ×
      </button>
      <h2 ref={heading} tabIndex={-1}>
        {node !== undefined ? <Name text={node.name} /> : <EdgeTitle graph={graph} edge={edge as GraphEdge} />}
      </h2>
      {node !== undefined ? (
        <NodeDetails {...{ graph, node, onSelect }} />
      ) : (
        <EdgeDetails {...{ graph, edge: edge as GraphEdge, onSelect }} />
      )}
    </aside>
  );
}

function NodeDetails({
  graph,
  node,
  onSelect,
}: Pick<DetailsProps, 'graph' | 'onSelect'> & { readonly node: GraphNode }) {
  const inbound = graph.edges.filter((edge) => edge.target === node.id);
  const outbound = graph.edges.filter((edge) => edge.source === node.id);
  const { connected, expected } = node.proxies;
  return (
    <>
      <p class="muted">
        {node.kind} {node.version === '' ? null : <Name text={node.version} />}
        {node.namespace === '' ? null : (
          <>
            {' in '}
            <Name text={node.namespace} />
          </>
        )}
      </p>
      <HealthMark state={node.health.state} reason={node.health.reason} />
      {node.kind === 'unknown' && inbound.length > 0 ? (
        <p class="muted">These calls ended before they reached a pod: each call says why.</p>
      ) : null}
      <SignalsList signals={node.inbound} />
      {expected === 0 ? null : (
        <p class={connected < expected ? 'bad' : 'muted'}>
          {connected} of {expected} proxies connected
        </p>
      )}
      {(node.kind === 'workload' || node.kind === 'gateway') && node.namespace !== '' ? (
        <p>
          <a href={printRoute(['workloads', node.namespace, node.name])}>Workload page</a>
        </p>
      ) : null}
      <Calls title="Called by" edges={inbound} end="source" {...{ graph, onSelect }} />
      <Calls title="Calls" edges={outbound} end="target" {...{ graph, onSelect }} />
    </>
  );
}

interface CallsProps extends Pick<DetailsProps, 'graph' | 'onSelect'> {
  readonly title: string;
  readonly edges: readonly GraphEdge[];
  readonly end: 'source' | 'target';
}

function Calls({ title, edges, end, graph, onSelect }: CallsProps) {
  if (edges.length === 0) return null;
  const sorted = [...edges].sort((a, b) => b.signals.requestsPerSecond - a.signals.requestsPerSecond);
  return (
    <>
      <h3>{title}</h3>
      <ul class="calls">
        {sorted.map((edge) => (
          <li key={edge.id}>
            <button type="button" class="link" onClick={() => onSelect(edge.id)}>
              <Name text={nameOf(graph, edge[end])} />
            </button>
            <span class="muted">
              {edge.protocol === 'tcp' ? 'tcp' : `${formatRate(edge.signals.requestsPerSecond)}/s`}
              {(edge.signals.errorShare ?? 0) > 0 ? `, ${formatShare(edge.signals.errorShare)} errors` : ''}
            </span>
            <Lock mtls={edge.mtls} />
          </li>
        ))}
      </ul>
    </>
  );
}

function EdgeDetails({
  graph,
  edge,
  onSelect,
}: Pick<DetailsProps, 'graph' | 'onSelect'> & { readonly edge: GraphEdge }) {
  const { sourcePrincipals, destinationPrincipals } = edge.mtls;
  return (
    <>
      <p class="muted">{edge.protocol}</p>
      {edge.protocol === 'tcp' ? (
        <dl class="figures">
          <Figure name="sent/s" value={formatBytes(edge.bytesPerSecond.sent)} />
          <Figure name="received/s" value={formatBytes(edge.bytesPerSecond.received)} />
        </dl>
      ) : (
        <SignalsList signals={edge.signals} />
      )}
      {edge.failures.length === 0 ? null : (
        <>
          <h3>The app or the mesh?</h3>
          <Failures failures={edge.failures} />
          {hasRefusals(edge) ? <WhichPolicy called={edge.target} /> : null}
        </>
      )}
      <h3>Security</h3>
      <Lock mtls={edge.mtls} />
      <p class="muted">{lockSentence(edge.mtls)}</p>
      {edge.mtls.because === undefined ? null : (
        <p>
          <Because because={edge.mtls.because} />
        </p>
      )}
      <Names title="Identity of the caller" names={sourcePrincipals} />
      <Names title="Identity of the called" names={destinationPrincipals} />
      <Names title="Hosts called" names={edge.hosts} />
      <p class="ends">
        {[edge.source, edge.target].map((id) => (
          <button key={id} type="button" onClick={() => onSelect(id)}>
            <Name text={nameOf(graph, id)} />
          </button>
        ))}
      </p>
    </>
  );
}

function Names({ title, names }: { readonly title: string; readonly names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul class="plain">
        {names.map((name) => (
          <li key={name}>
            <Name text={name} />
          </li>
        ))}
      </ul>
    </>
  );
}

function EdgeTitle({ graph, edge }: { readonly graph: DrawnGraph; readonly edge: GraphEdge }) {
  return (
    <>
      <Name text={nameOf(graph, edge.source)} /> → <Name text={nameOf(graph, edge.target)} />
    </>
  );
}

function nameOf({ nodes }: DrawnGraph, id: string): string {
  const node = nodes.find((one) => one.id === id);
  return node === undefined ? id : versioned(node.name, node.version);
}
