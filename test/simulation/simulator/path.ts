export const pathOf = (path: string) => path.split('?')[0] ?? '';

/**
 * The path as routes and policies see it: `normalize_path` of the HTTP connection manager (RFC 3986: dot segments are
 * resolved, also those that are written %2e; Chromium's rules: a backslash is a slash).
 */
export function normalised(path: string): string {
  const query = path.includes('?') ? path.slice(path.indexOf('?')) : '';
  const found: string[] = [];
  const segments = pathOf(path).replaceAll('\\', '/').split('/').slice(1);
  for (const [index, segment] of segments.entries()) {
    const plain = segment.replaceAll(/%2e/gi, '.');
    if (plain === '..') found.pop();
    if (plain !== '.' && plain !== '..') found.push(segment);
    else if (index === segments.length - 1) found.push('');
  }
  return `/${found.join('/')}${query}`;
}

/** extensions.path.match.uri_template: `*` and `{name}` are one segment, `**` any number of them; `{name=…}` is what it says. */
export function matchesTemplate(template: string, path: string): boolean {
  const pattern = template
    .replaceAll(/\{[^}=]*=([^}]*)\}/g, '$1')
    .replaceAll(/\{[^}]*\}/g, '*')
    .split(/(\*\*?)/)
    .map((part) => {
      if (part === '**') return '.*';
      return part === '*' ? '[^/]+' : part.replaceAll(/[.+?^$()|[\]\\]/g, String.raw`\$&`);
    })
    .join('');
  return new RegExp(`^${pattern}$`).test(path);
}
