import { effect, signal } from '@preact/signals';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const key = 'outrigger-theme';
const saved = localStorage.getItem(key);

export const theme = signal<Theme>(themes.find((one) => one === saved) ?? 'system');

effect(() => {
  document.documentElement.dataset['theme'] = theme.value;
  localStorage.setItem(key, theme.value);
});
