import { defineConfig } from 'vite';

/**
 * The page, built into `dist/web`. Addresses are relative, so that it works below any path of a reverse proxy; nothing is inlined,
 * because its content security policy allows neither inline scripts nor styles nor `data:` but for images.
 */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  publicDir: 'public',
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
  },
});
