/**
 * The beginning of a text that fits into so many columns, for SVG, which has no ellipsis. East Asian characters and pictographs
 * count two. Control characters, among them those that turn the direction of what follows, count none and are left out.
 */
export function fitText(text: string, columns: number): string {
  let used = 0;
  let out = '';
  for (const char of text) {
    if (controls.test(char)) continue;
    const width = wide.test(char) ? 2 : 1;
    if (used + width > columns) return `${out.slice(0, -1)}…`;
    used += width;
    out += char;
  }
  return out;
}

const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60\p{Extended_Pictographic}]/u;
const controls = /[\p{Cc}\p{Cf}]/u;
