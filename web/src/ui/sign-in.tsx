import { useState } from 'preact/hooks';
import { signIn, signInWanted } from '../data/api.ts';

/** Asks for a Kubernetes token when the server does. */
export function SignIn() {
  const [text, setText] = useState('');
  const wanted = signInWanted.value;
  if (wanted === undefined) return null;
  return (
    <main class="page narrow" id="main">
      <h1>Sign in</h1>
      <p>
        <bdi>{wanted.message}</bdi> {wanted.code === '' ? null : <code>{wanted.code}</code>}
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          signIn(text.trim());
        }}
      >
        <label>
          Kubernetes token
          <input
            type="password"
            autocomplete="off"
            spellcheck={false}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary" disabled={text.trim() === ''}>
          Sign in
        </button>
        {wanted.code === '' ? (
          <button type="button" onClick={() => signIn('')}>
            Cancel
          </button>
        ) : null}
      </form>
      <p class="muted">
        <code>kubectl create token NAME -n NAMESPACE</code> makes one. It is kept for this tab alone and sent to this
        server alone.
      </p>
    </main>
  );
}
