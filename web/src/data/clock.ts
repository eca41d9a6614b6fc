import { signal } from '@preact/signals';

/** The time, once a second: for ages, and for what counts down. */
export const now = signal(Date.now());

/** Whether somebody can see the page. Proxies are asked only for those who look. */
export const seen = signal(!document.hidden);

document.addEventListener('visibilitychange', () => {
  seen.value = !document.hidden;
});

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1000);
