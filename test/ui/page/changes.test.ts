import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chromiumPath, complaintsOf, expectAccessible, picture, useSession } from '../browser.ts';
import { configPage, state } from '../fixtures.ts';

describe.skipIf(chromiumPath === undefined)('what a person does', () => {
  const session = useSession();
  let page: Page;
  beforeEach(() => session.server.reset());
  afterEach(async () => {
    const complaints = complaintsOf(page);
    await page.context().close();
    expect(complaints).toEqual([]);
  });
  const resource = '#/config/VirtualService/default/reviews';

  test('moves a slider, sees the difference, applies', async () => {
    page = await session.visit(resource);
    const slider = page.getByLabel('Weight of v3 of reviews, percent');
    await slider.focus();
    for (let step = 0; step < 5; step++) await page.keyboard.press('ArrowRight');
    await page.getByText('85 %').waitFor();
    await page.getByLabel('Timeout').fill('3s');
    await page.getByRole('button', { name: 'Show the difference' }).click();
    await page.getByRole('region', { name: 'Difference' }).waitFor();
    expect(session.server.written.map(({ method, path }) => [method, path])).toEqual([['POST', 'config/preview']]);
    await expectAccessible(page);
    await picture(page, 'resource-difference');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText(/^Applied at/).waitFor();
    const [, put] = session.server.written;
    expect([put?.method, put?.path, put?.ifMatch]).toEqual([
      ...['PUT', 'config/VirtualService/default/reviews', '"4711"'],
    ]);
    expect(put?.body).toContain('# the canary');
    expect(put?.body).toMatch(/weight: 85\n.*weight: 15\n\s+timeout: 3s/s);
  });

  test('may look and not write: no form', async () => {
    session.server.answers.set('config/VirtualService/default/reviews', { value: { ...configPage, mayWrite: false } });
    page = await session.visit(resource);
    await page.getByText('that takes an account with the right to').waitFor();
    expect(await page.getByRole('button', { name: 'Show the difference' }).count()).toBe(0);
    expect(await page.locator('input[type=range]').count()).toBe(0);
  });

  test('changed by somebody else meanwhile: said, nothing lost before one says so', async () => {
    page = await session.visit(resource);
    await page.getByLabel('Timeout').fill('3s');
    await page.getByRole('button', { name: 'Show the difference' }).click();
    const path = 'config/VirtualService/default/reviews';
    const others = {
      ...configPage,
      version: '4712',
      yaml: configPage.yaml.replace('# the canary', '# of somebody else'),
    };
    session.server.answers.set(path, { value: others });
    session.server.refuse(path, {
      ...{ code: 'OR4042', message: 'The resource was changed since it was read.', remedy: 'Load the page again.' },
    });
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('OR4042').waitFor();
    await page.getByText('Somebody has changed it meanwhile').waitFor();
    await expectAccessible(page);
    expect(await page.getByLabel('Timeout').inputValue()).toBe('3s');
    const [, put] = session.server.written;
    expect(put?.ifMatch).toBe('"4711"');
    await page.getByRole('button', { name: 'Begin with what it is now' }).click();
    expect(await page.getByLabel('Timeout').inputValue()).not.toBe('3s');
    expect(await page.getByText('OR4042').count()).toBe(0);
    expect(await page.getByText('Somebody has changed it meanwhile').count()).toBe(0);
    await page.getByLabel('Timeout').fill('4s');
    await page.getByRole('button', { name: 'Show the difference' }).click();
    await expect.poll(() => session.server.written.at(-1)?.ifMatch).toBe('"4712"');
  });

  test('what would be refused cannot be applied', async () => {
    const findings = [{ code: 'OR5001', severity: 'Error', message: 'the weights are 95', remedy: 'Let them be 100.' }];
    session.server.answers.set('config/preview', {
      value: { yaml: configPage.yaml, diff: '+x', findings, applied: false },
    });
    page = await session.visit(resource);
    await page.getByLabel('Timeout').fill('3s');
    await page.getByRole('button', { name: 'Show the difference' }).click();
    await page.getByText('the weights are 95').waitFor();
    expect(await page.getByRole('button', { name: 'Apply' }).isDisabled()).toBe(true);
  });

  test('previews an injection', async () => {
    page = await session.visit('#/injection');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByRole('heading', { name: 'Pod web gets a proxy' }).waitFor();
    await page.getByText('requests cpu 10m, memory 40Mi').waitFor();
    await page.getByText('+ - name: istio-proxy').waitFor();
    await expectAccessible(page);
    await picture(page, 'injection');
    session.server.answers.set('injection-preview', {
      status: 400,
      error: { code: 'OR1209', message: 'the body is no YAML', remedy: 'Mend line 3.' },
    });
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByText('Mend line 3.').waitFor();
  });

  test('signs in when the server wants a token, which then goes with each request', async () => {
    session.server.token = 'eyJ.secret';
    page = await session.visit('#/security');
    await page.getByText('This dashboard wants a token.').waitFor();
    await expectAccessible(page);
    await page.getByLabel('Kubernetes token').fill('eyJ.wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This dashboard wants a token.').waitFor();
    await page.getByLabel('Kubernetes token').fill('eyJ.secret');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText(/blocked by 1/).waitFor();
    expect(page.url()).not.toContain('secret');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('This dashboard wants a token.').waitFor();
  });

  test('a token that ends while a form is open: what was begun is there again for whoever signs in anew, and for nobody else', async () => {
    session.server.token = 'of-alice';
    page = await session.visit(resource);
    const signInWith = async (token: string) => {
      await page.getByLabel('Kubernetes token').fill(token);
      await page.getByRole('button', { name: 'Sign in' }).click();
    };
    await signInWith('of-alice');
    await page.getByLabel('Timeout').fill('3s');
    session.server.token = 'of-alice-again';
    await page.getByRole('button', { name: 'Show the difference' }).click();
    await page.getByText('This dashboard wants a token.').waitFor();
    expect(await page.getByLabel('Timeout').isVisible()).toBe(false);
    await expectAccessible(page);
    await signInWith('of-alice-again');
    await page.getByLabel('Timeout').waitFor();
    expect(await page.getByLabel('Timeout').inputValue()).toBe('3s');
    await page.getByRole('button', { name: 'Show the difference' }).click();
    await page.getByRole('region', { name: 'Difference' }).waitFor();
    session.server.token = 'of-bob';
    session.server.answers.set('state', { value: { ...state, user: { name: 'bob', mayWrite: true } } });
    await page.getByText('This dashboard wants a token.').waitFor({ timeout: 20_000 });
    await signInWith('of-bob');
    await expect.poll(() => page.getByLabel('Timeout').inputValue()).toBe('');
    await page.getByLabel('Timeout').fill('5s');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('This dashboard wants a token.').waitFor();
    expect(await page.getByLabel('Timeout').count()).toBe(0);
  });

  test('a server that goes away in the middle of a form: said, nothing lost, and it goes on when it is back', async () => {
    page = await session.visit(resource);
    await page.getByLabel('Timeout').fill('3s');
    await session.server.stop();
    try {
      await page.getByRole('button', { name: 'Show the difference' }).click();
      await page.getByText('The control plane does not answer.').first().waitFor();
      expect(await page.getByLabel('Timeout').inputValue()).toBe('3s');
      await expectAccessible(page);
    } finally {
      await session.server.start();
    }
    await page.getByText('Disconnected.').waitFor({ state: 'detached', timeout: 30_000 });
    expect(await page.getByLabel('Timeout').inputValue()).toBe('3s');
    await page.getByRole('button', { name: 'Show the difference' }).click();
    await page.getByRole('region', { name: 'Difference' }).waitFor();
    expect(await page.getByText('The control plane does not answer.').count()).toBe(0);
    // Away again, between the difference and the write.
    await session.server.stop();
    try {
      await page.getByRole('button', { name: 'Apply' }).click();
      await page.getByText('The control plane does not answer.').first().waitFor();
    } finally {
      await session.server.start();
    }
    await page.getByText('Disconnected.').waitFor({ state: 'detached', timeout: 30_000 });
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText(/^Applied at/).waitFor();
  });

  test('a resource that is removed while a form is open: said, and what was begun stays to be copied', async () => {
    page = await session.visit(resource);
    await page.getByLabel('Timeout').fill('3s');
    await page.getByRole('button', { name: 'Show the difference' }).click();
    const error = { code: 'OR4037', message: 'VirtualService default/reviews', remedy: 'It may have been deleted.' };
    session.server.refuse('config/VirtualService/default/reviews', error);
    session.server.answers.set('config/VirtualService/default/reviews', { status: 404, error });
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('It may have been deleted.').first().waitFor();
    await page.getByText('Not refreshed:').waitFor({ timeout: 15_000 });
    expect(await page.getByLabel('Timeout').inputValue()).toBe('3s');
    await expectAccessible(page);
  });

  test('a difference of a hundred thousand lines does not hold the page up; a resource that is too long has no form', async () => {
    const diff = `--- a\n+++ b\n${'+ line\n'.repeat(100_000)}`;
    session.server.answers.set('config/preview', {
      value: { yaml: configPage.yaml, diff, findings: [], applied: false },
    });
    page = await session.visit(resource);
    await page.getByLabel('Timeout').fill('3s');
    await page.getByRole('button', { name: 'Show the difference' }).click();
    await page.getByText('and 97002 more lines').waitFor();
    const long = `${configPage.yaml}    # ${'x'.repeat(1_500_000)}\n`;
    session.server.answers.set('config/VirtualService/default/reviews', { value: { ...configPage, yaml: long } });
    await page.reload();
    await page.getByText('It is too long for the form').waitFor();
    expect(await page.getByRole('button', { name: 'Show the difference' }).count()).toBe(0);
  });

  test('shows a token by choice where nobody asked for one', async () => {
    session.server.answers.set('state', { value: { ...state, place: 'cluster' } });
    page = await session.visit('#/security');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText(/blocked by 1/).waitFor();
  });

  test('an emergency stands on every page', async () => {
    const emergencies = [{ scope: 'deploy/reviews', level: 'authz', until: Date.now() + 600_000, reason: 'INC-7' }];
    session.server.answers.set('state', { value: { ...state, emergencies } });
    page = await session.visit('#/fan-out');
    await page.getByText('INC-7').waitFor();
    await expectAccessible(page);
  });

  test('paints within a second', async () => {
    page = await session.visit('#/graph');
    await page.locator('[data-node]').first().waitFor();
    const paint = await page.evaluate(
      () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.POSITIVE_INFINITY,
    );
    console.log(`first contentful paint after ${paint.toFixed(0)} ms`);
    expect(paint).toBeLessThan(1000);
  });
});
