import { isObject } from '../../model/json.ts';
import { type Turning, turningAnnotation } from '../../policy/emergency/relief.ts';
import { parseDuration } from '../../schema/common/duration.ts';
import { longestTtlMs } from '../../schema/emergency/emergency.ts';
import { type ObjectChanges, objectKey, type SourceObject } from '../../source/object-source.ts';

/**
 * Proxies do not hear of anything at the same moment. So before a bypass all let clients without TLS in for so long, before
 * any comes without; at its end clients go on to come without for so long, and are let in for so long still. Milliseconds.
 */
const leadMs = 5_000;
const endingMs = 5_000;
const tailMs = 5_000;

export interface EmergencyStagesOptions {
  readonly now: () => number;
  /** Runs once; the answer cancels it. */
  readonly after: (ms: number, run: () => void) => () => void;
  /** Time has passed: what has changed by that. */
  readonly onChange: (changes: ObjectChanges) => void;
  readonly tell: (event: EmergencyEvent) => void;
}

export interface EmergencyEvent {
  readonly what: 'in force' | 'over';
  readonly at: string;
  readonly level: string;
  readonly reason: string;
  readonly by: string;
  readonly until: Date;
}

type Stage = 'beginning' | 'on' | 'ending' | 'tail' | 'over';

interface Known {
  readonly object: SourceObject;
  /** Milliseconds since the epoch. */
  readonly startsAt: number;
  endsAt: number;
  stage: Stage;
}

/**
 * Emergencies as the mesh sees them at a time: only those that are in force. The end is that of the time at which the API
 * server made the object, so that every replica knows it, also one that was not there then.
 */
export class EmergencyStages {
  readonly #options: EmergencyStagesOptions;
  readonly #known = new Map<string, Known>();
  #cancel: () => void = () => {};

  constructor(options: EmergencyStagesOptions) {
    this.#options = options;
  }

  /** The same changes, without what is over. */
  apply({ upserts, removals }: ObjectChanges): ObjectChanges {
    const changed: SourceObject[] = [];
    const gone: string[] = [];
    for (const key of removals) {
      const known = this.#known.get(key);
      if (known === undefined) gone.push(key);
      else known.endsAt = Math.min(known.endsAt, this.#options.now());
    }
    for (const object of upserts) {
      if (object.kind !== 'Emergency') changed.push(object);
      else this.#learn(object, changed);
    }
    const moved = this.#settle();
    return { upserts: [...changed, ...moved.upserts], removals: [...gone, ...moved.removals] };
  }

  stop(): void {
    this.#cancel();
  }

  #learn(object: SourceObject, changed: SourceObject[]): void {
    const key = objectKey(object);
    const ttl = ttlOf(object);
    // What is wrong with it is told by the registry, in which it is not in force.
    if (ttl === undefined) changed.push(object);
    else {
      const before = this.#known.get(key);
      const startsAt = this.#startOf(object, before);
      this.#known.set(key, { object, startsAt, endsAt: startsAt + ttl, stage: 'over' });
    }
  }

  /** One of a file has no time of its own: it counts from when it was first seen. */
  #startOf({ object }: SourceObject, before: Known | undefined): number {
    const { metadata } = object;
    const created = Date.parse(isObject(metadata) ? String(metadata.creationTimestamp) : '');
    const now = this.#options.now();
    if (!Number.isNaN(created)) return Math.min(created, now);
    return before?.startsAt ?? now;
  }

  #settle(): ObjectChanges {
    const { now, after, onChange } = this.#options;
    const time = now();
    const upserts: SourceObject[] = [];
    const removals: string[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const [key, known] of this.#known) {
      const { stage, until } = stepsOf(known).find((step) => time < step.until) ?? over;
      next = Math.min(next, until);
      // One that was just learnt stands as over, and may have been seen before in another form.
      if (stage === known.stage && stage !== 'over') continue;
      if (stage === 'over') removals.push(key);
      else upserts.push(asSeen(known.object, stage));
      this.#tell(known, stage);
      known.stage = stage;
    }
    for (const key of removals) this.#known.delete(key);
    this.#cancel();
    if (Number.isFinite(next)) this.#cancel = after(Math.max(0, next - time) + 1, () => onChange(this.#settle()));
    return { upserts, removals };
  }

  #tell({ object, endsAt, stage: before }: Known, stage: Stage): void {
    const was = isInForce(before);
    if (was === isInForce(stage)) return;
    const { level, reason = '', by = '' } = specOf(object);
    const at = `${object.namespace}/${object.name}`;
    const texts = { level: String(level), reason: String(reason), by: String(by) };
    this.#options.tell({
      what: was ? 'over' : 'in force',
      at,
      ...texts,
      until: new Date(endsAt),
    });
  }
}

const isInForce = (stage: Stage): boolean => stage === 'beginning' || stage === 'on';

interface Step {
  readonly stage: Stage;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** What it goes through, in order. */
function stepsOf({ object, startsAt, endsAt }: Known): readonly Step[] {
  const on: Step = { stage: 'on', until: endsAt };
  if (specOf(object).level !== 'bypass') return [on];
  // One that ends before it has begun for clients has nothing to end for them.
  const doneAt = endsAt > startsAt + leadMs ? endsAt + endingMs : endsAt;
  return [
    { stage: 'beginning', until: Math.min(startsAt + leadMs, endsAt) },
    on,
    { stage: 'ending', until: doneAt },
    { stage: 'tail', until: doneAt + tailMs },
  ];
}

const over: Step = { stage: 'over', until: Number.POSITIVE_INFINITY };

const turnings: Partial<Record<Stage, Turning>> = { beginning: 'lets-in', ending: 'ends', tail: 'lets-in' };

function asSeen(given: SourceObject, stage: Stage): SourceObject {
  const turning = turnings[stage];
  if (turning === undefined) return given;
  const metadata = isObject(given.object['metadata']) ? given.object['metadata'] : {};
  const annotations = {
    ...(isObject(metadata['annotations']) ? metadata['annotations'] : {}),
    [turningAnnotation]: turning,
  };
  return { ...given, object: { ...given.object, metadata: { ...metadata, annotations } } };
}

const specOf = ({ object }: SourceObject) => (isObject(object['spec']) ? object['spec'] : {});

function ttlOf(object: SourceObject): number | undefined {
  const { ttl } = specOf(object);
  const ms = typeof ttl === 'string' ? parseDuration(ttl) : undefined;
  return ms === undefined || ms <= 0 || ms > longestTtlMs ? undefined : ms;
}
