/** A unified diff. Its signs stay, so that colour is not all there is. */
export function Diff({ text }: { readonly text: string }) {
  if (text.trim() === '') return <p class="muted">Nothing changes.</p>;
  const lines = text.replace(/\n$/, '').split('\n');
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section class="diff" tabIndex={0} aria-label="Difference">
      <pre>
        {lines.map((line, index) => (
          <span key={index} class={toneOf(line)}>
            {line}
            {'\n'}
          </span>
        ))}
      </pre>
    </section>
  );
}

function toneOf(line: string): string {
  if (/^(\+\+\+|---|@@|#|=|Index)/.test(line)) return 'muted';
  if (line.startsWith('+')) return 'added';
  return line.startsWith('-') ? 'removed' : '';
}
