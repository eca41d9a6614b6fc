import type { Change } from './collections.ts';
import { Derivation } from './derivation.ts';
import { Input } from './input.ts';
import type { ProblemBook } from './problem-book.ts';
import type { TlsSecret } from './snapshot.ts';
import { joinCa, readTlsSecret } from './tls-secret.ts';

const ofClients = '-cacert';

/** Certificates, each with the CA of its clients, which may stand in a Secret of its own. */
export class Secrets {
  readonly secrets: Input<TlsSecret>;
  readonly #joined: Derivation<TlsSecret>;

  constructor(problems: ProblemBook) {
    this.secrets = new Input(readTlsSecret, problems);
    const { values } = this.secrets;
    this.#joined = new Derivation(
      (key) => joinCa(values.get(key), values.get(`${key}${ofClients}`)),
      problems.derivationOf('Secret'),
    );
  }

  settle(): readonly Change<TlsSecret>[] {
    for (const { key } of this.secrets.take()) {
      this.#joined.touch(key);
      if (key.endsWith(ofClients)) this.#joined.touch(key.slice(0, -ofClients.length));
    }
    return this.#joined.settle();
  }
}
