import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const web = resolve(import.meta.dirname, '../web');

function list(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? list(path) : [path];
  });
}

describe('the sources of the page', () => {
  const sources = list(join(web, 'src')).filter((file) => /\.tsx?$/.test(file) && !/\.test\.ts$/.test(file));

  test('take nothing from the control plane but the types of its answers', () => {
    const wrong = sources.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/import (type )?[^;]*?from '(\.[^']+)'/g)]
        .filter(([, type, path = '']) => {
          const target = resolve(file, '..', path);
          if (target.startsWith(join(web, 'src'))) return false;
          return type === undefined || !target.endsWith('/src/dashboard/api-types.ts');
        })
        .map(([text]) => `${relative(web, file)}: ${text}`),
    );
    expect(wrong).toEqual([]);
  });

  test('are small, and named like all others', () => {
    const sizes = sources.map((file) => readFileSync(file, 'utf8').split('\n').length - 1).sort((a, b) => a - b);
    expect(sizes.at(-1)).toBeLessThanOrEqual(400);
    expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThanOrEqual(100);
    expect(sources.filter((file) => !/\/[a-z0-9]+(-[a-z0-9]+)*\.tsx?$/.test(file))).toEqual([]);
  });

  test('put no text into the page as markup', () => {
    const markup = /dangerouslySetInnerHTML|innerHTML|insertAdjacentHTML|document\.write|eval\(|new Function/;
    expect(sources.filter((file) => markup.test(readFileSync(file, 'utf8')))).toEqual([]);
  });
});

describe('the page as it is built', () => {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-page-'));
  beforeAll(() => build({ configFile: join(web, 'vite.config.ts'), build: { outDir: folder } }));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('is at most 250 kB, compressed', () => {
    const size = list(folder).reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0);
    expect(size).toBeGreaterThan(20_000);
    expect(size).toBeLessThanOrEqual(250_000);
  });

  test('has nothing inline that its content security policy forbids, and nothing from elsewhere', () => {
    const html = readFileSync(join(folder, 'index.html'), 'utf8');
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|javascript:/i);
    const addresses = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address);
    expect(addresses.length).toBeGreaterThan(2);
    expect(addresses.filter((address) => !address?.startsWith('./'))).toEqual([]);
    const styles = list(folder).filter((file) => file.endsWith('.css'));
    expect(styles.map((file) => readFileSync(file, 'utf8')).join('')).not.toMatch(/@import|url\((?!data:)/);
  });
});
