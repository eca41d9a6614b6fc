/** Of one answer. */
const mostBytes = 64 * 1024 * 1024;

/** The body of whatever is answered; Prometheus says in it what is wrong with a query. Rejects when there is none. */
export async function fetchText(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { signal, redirect: 'error', headers: { accept: 'application/json' } });
  const decoder = new TextDecoder();
  let [text, size] = ['', 0];
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > mostBytes) throw new Error(`the answer has more than ${mostBytes / 1024 / 1024} MB`);
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}
