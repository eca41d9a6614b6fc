/** Of more nobody reads each, and a browser needs seconds for them. */
const mostLines = 3000;

/** A unified diff. Its signs stay, so that colour is not all there is. */
export function Diff({ text }: { readonly text: string }) {
  if (text.trim() === '') return <p class="muted">Nothing changes.</p>;
  const lines = text.replace(/\n$/, '').split('\n');
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section class="diff" tabIndex={0} aria-label="Difference">
      <pre>
        {lines.slice(0, mostLines).map((line, index) => (
          <span key={index} class={toneOf(line)}>
            {line}
            {'\n'}
          </span>
        ))}
        {lines.length > mostLines ? <strong>and {lines.length - mostLines} more lines</strong> : null}
      </pre>
    </section>
  );
}

function toneOf(line: string): string {
  if (/^(\+\+\+|---|@@|#|=|Index)/.test(line)) return 'muted';
  if (line.startsWith('+')) return 'added';
  return line.startsWith('-') ? 'removed' : '';
}
