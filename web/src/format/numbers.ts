/** What is shown where nothing was counted: a share of no requests is not zero. */
export const nothing = '–';

/** Three significant digits, never in powers of ten: `0`, `<0.01`, `0.25`, `12.3`, `1,240`. */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return nothing;
  if (perSecond === 0) return '0';
  if (perSecond < 0.01) return '<0.01';
  if (perSecond < 1) return perSecond.toFixed(2);
  if (perSecond < 100) return trimZero(perSecond.toFixed(1));
  return Math.round(perSecond).toLocaleString('en-US');
}

/** A share between 0 and 1 in percent. What is not all or nothing never reads as `0 %` or `100 %`. */
export function formatShare(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return nothing;
  if (share === 0 || share === 1) return `${share * 100} %`;
  if (share < 0.001) return '<0.1 %';
  if (share > 0.999) return '>99.9 %';
  return `${trimZero((share * 100).toFixed(1))} %`;
}

export function formatMs(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return nothing;
  if (ms < 10) return `${trimZero(ms.toFixed(1))} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return `${trimZero((ms / 1000).toFixed(ms < 10_000 ? 2 : 1))} s`;
}

export function formatBytes(bytes: number | null): string {
  if (bytes === null || !Number.isFinite(bytes)) return nothing;
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 10 && unit > 0 ? trimZero(value.toFixed(1)) : Math.round(value)} ${units[unit]}`;
}

/** Thousandths of a core, as Kubernetes writes them: `12m`, `1.5`. */
export function formatCores(cores: number | null): string {
  if (cores === null || !Number.isFinite(cores)) return nothing;
  return cores < 1 ? `${Math.round(cores * 1000)}m` : trimZero(cores.toFixed(1));
}

/** A length of time in its largest unit: `4 s`, `12 min`, `3 h`, `5 d`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

function trimZero(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
