/** Builds the page into dist/web. An installation without development packages (`npm ci --omit=dev`) has no vite: it says so and goes on. */
const vite = await import('vite').catch(() => undefined);
if (vite === undefined) console.warn('vite is not installed: the dashboard page is not built');
else await vite.build({ configFile: `${import.meta.dirname}/vite.config.ts` });
