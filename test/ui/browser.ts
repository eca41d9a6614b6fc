import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { type BuiltPage, buildPage } from './built-page.ts';
import { PageServer } from './page-server.ts';

/** Where Debian's Chromium is; a suite that must run (`OUTRIGGER_REQUIRE=ui`) fails without it. */
export const chromiumPath = findChromium();

function findChromium(): string | undefined {
  try {
    return execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim();
  } catch {
    if (process.env['OUTRIGGER_REQUIRE'] === 'ui') throw new Error('chromium is missing: sh test/ui/install.sh');
    return undefined;
  }
}

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath ?? '',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
}

export interface Session {
  readonly server: PageServer;
  readonly browser: Browser;
  /** A page of its own on a path such as `#/graph`. What it complains about is in `complaintsOf`. */
  readonly visit: (hash: string, options?: BrowserContextOptions) => Promise<Page>;
}

/** A browser and a server for the tests of a file. */
export function useSession(): Session {
  let built: BuiltPage | undefined;
  let server: PageServer | undefined;
  let browser: Browser | undefined;
  beforeAll(async () => {
    built = await buildPage();
    server = new PageServer(built.folder);
    server.reset();
    await server.start();
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    built?.remove();
  });
  const there = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the session has not begun');
    return value;
  };
  return {
    get server() {
      return there(server);
    },
    get browser() {
      return there(browser);
    },
    visit: async (hash, options = {}) => {
      const context = await there(browser).newContext({ viewport: { width: 1280, height: 800 }, ...options });
      const page = await context.newPage();
      listen(page);
      await page.goto(`${there(server).address}${hash}`);
      return page;
    },
  };
}

const complaints = new WeakMap<Page, string[]>();

/** Errors of scripts, of the console and of the content security policy. Requests that a test makes fail are none. */
export function complaintsOf(page: Page): readonly string[] {
  return complaints.get(page) ?? [];
}

export function listen(page: Page): void {
  const found: string[] = [];
  complaints.set(page, found);
  page.on('pageerror', (error) => found.push(String(error)));
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    if (/^Failed to load resource/.test(message.text())) return;
    found.push(message.text());
  });
}

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Accessibility by axe: no violation of WCAG 2.2 A and AA and of best practices. */
export async function expectAccessible(page: Page): Promise<void> {
  // The policy forbids scripts from elsewhere: axe comes by the debugger's door.
  await page.evaluate(readFileSync(axe, 'utf8'));
  const violations = await page.evaluate(async () => {
    const runner = (
      globalThis as unknown as { axe: { run: (options: object) => Promise<{ violations: AxeViolation[] }> } }
    ).axe;
    interface AxeViolation {
      readonly id: string;
      readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
    }
    const { violations: found } = await runner.run({ resultTypes: ['violations'] });
    return found.map(
      ({ id, nodes }) => `${id}: ${nodes.length} times, ${nodes[0]?.html.slice(0, 300)} ${nodes[0]?.failureSummary}`,
    );
  });
  expect(violations).toEqual([]);
}

/** Nothing is wider than the window. */
export async function expectNoSideScroll(page: Page): Promise<void> {
  const { inner, scroll } = await page.evaluate<{ inner: number; scroll: number }>(
    '({ inner: innerWidth, scroll: document.documentElement.scrollWidth })',
  );
  expect(scroll, `the page is ${scroll} wide in a window of ${inner}`).toBeLessThanOrEqual(inner);
}

/** Pictures for people, where `OUTRIGGER_SCREENSHOTS` names a folder. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['OUTRIGGER_SCREENSHOTS'];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
