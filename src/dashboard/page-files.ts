import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
};

interface PageFile {
  readonly type: string;
  readonly body: Buffer;
  readonly packed: Buffer;
  readonly kept: string;
}

const withoutPage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Outrigger</title>
<h1>Outrigger</h1>
<p>The page is not built. Build it with <code>npm run build:web</code> and start again; the data are at
<a href="api/graph?range=60">api/graph</a> and <a href="api/state">api/state</a>.</p></html>
`;

/**
 * The page as it was built, read once when the server starts: a request chooses among the files that there were, so that no path
 * leads anywhere else.
 */
export function pagePlugin(folder: string): FastifyPluginCallback {
  return (app, _, done) => {
    const files = readFiles(folder);
    const index = files.get('index.html') ?? pageFile('index.html', Buffer.from(withoutPage));
    app.get('/', (request, reply) => send(index, request, reply));
    for (const [path, file] of files) app.get(`/${path}`, (request, reply) => send(file, request, reply));
    done();
  };
}

function send({ type, body, packed, kept }: PageFile, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const takesGzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  reply.raw.setHeader('cache-control', kept);
  reply.header('content-type', type).header('vary', 'accept-encoding');
  return takesGzip ? reply.header('content-encoding', 'gzip').send(packed) : reply.send(body);
}

function readFiles(folder: string): Map<string, PageFile> {
  try {
    const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = names.map((entry) => join(entry.parentPath, entry.name));
    return new Map(
      paths
        .map((path) => [path.slice(folder.length + 1), path] as const)
        .filter(([name]) => types[extname(name)] !== undefined)
        .map(([name, path]) => [name, pageFile(name, readFileSync(path))]),
    );
  } catch {
    return new Map();
  }
}

/** Names below `assets` hold a hash of the content. */
function pageFile(name: string, body: Buffer): PageFile {
  const kept = name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
  return { type: types[extname(name)] ?? '', body, packed: gzipSync(body), kept };
}
