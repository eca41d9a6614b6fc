import { OutriggerError } from '../errors.ts';
import type { EjectionAnswer } from '../model/ejection-answer.ts';

export interface QuestionsOptions {
  /** Proxies that are asked at the same time. */
  readonly most: number;
  /** Told of all that are, when one comes or goes. */
  readonly onChange: (asked: ReadonlySet<string>) => void;
}

interface Question {
  readonly listeners: Set<(answer: EjectionAnswer) => void>;
  readonly ends: Set<() => void>;
}

/** Proxies that somebody asks which endpoints they do without. One is asked once, however many want to know. */
export class Questions {
  readonly #options: QuestionsOptions;
  readonly #asked = new Map<string, Question>();

  constructor(options: QuestionsOptions) {
    this.#options = options;
  }

  /** Until the answer is called. Throws OR4035 when too many are asked. */
  open(proxy: string, listener: (answer: EjectionAnswer) => void): () => void {
    const known = this.#asked.get(proxy);
    if (known === undefined && this.#asked.size >= this.#options.most)
      throw new OutriggerError('OR4035', `${this.#asked.size} proxies are asked for their endpoints`);
    const question = known ?? { listeners: new Set(), ends: new Set() };
    // Of each that opens it one, whatever it hands in.
    const own = (answer: EjectionAnswer) => listener(answer);
    question.listeners.add(own);
    this.#asked.set(proxy, question);
    if (known === undefined) this.#tell();
    return () => this.#close(proxy, question, own);
  }

  isAsked(proxy: string): boolean {
    return this.#asked.has(proxy);
  }

  take(answer: EjectionAnswer): void {
    for (const listener of [...(this.#asked.get(answer.proxy)?.listeners ?? [])]) listener(answer);
  }

  /** Told when it is asked no more; at once where it is not. The answer ends that. */
  onEnd(proxy: string, listener: () => void): () => void {
    const question = this.#asked.get(proxy);
    if (question === undefined) {
      listener();
      return () => undefined;
    }
    question.ends.add(listener);
    return () => question.ends.delete(listener);
  }

  #close(proxy: string, question: Question, listener: (answer: EjectionAnswer) => void): void {
    if (!question.listeners.delete(listener) || question.listeners.size > 0) return;
    this.#asked.delete(proxy);
    this.#tell();
    for (const end of [...question.ends]) end();
  }

  #tell(): void {
    this.#options.onChange(new Set(this.#asked.keys()));
  }
}
