/** The plain server: what is soon made by hand of node:http and ioredis, RPUSH for a push and LPOP for a take. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Redis } from 'ioredis';
import { readRedisUrl } from './redis.js';

interface Jobs {
  jobs: unknown[];
}

const [port, store = ''] = process.argv.slice(2);
const { url, prefix } = readRedisUrl(store);
// One connection, and each command is written by itself as soon as its request is read.
const redis = new Redis(url, { enableAutoPipelining: false, retryStrategy: () => null });
redis.on('error', (error) => end(`plain server: ${error.message}`));

const server = createServer((request, response) => {
  const path = request.url ?? '';
  const answered = path.startsWith('/qb/') ? batch(request, response) : single(request, response);
  answered.catch((error) => answer(response, 503, 'text/plain', Buffer.from(String(error))));
});
// As long as the others keep them.
server.keepAliveTimeout = 75_000;

async function single(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const key = keyOf(request.url?.slice('/q/'.length));
  if (request.method === 'POST') {
    await redis.rpush(key, await bodyOf(request));
    answer(response, 201);
    return;
  }
  const job = await redis.lpopBuffer(key);
  if (job === null) answer(response, 404);
  else answer(response, 200, 'application/json', job);
}

/** For filling and draining, outside of what is timed. */
async function batch(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://127.0.0.1');
  const key = keyOf(pathname.slice('/qb/'.length));
  if (request.method === 'POST') {
    const { jobs } = JSON.parse((await bodyOf(request)).toString()) as Jobs;
    await redis.rpush(key, ...jobs.map((job) => JSON.stringify(job)));
    answer(response, 201);
    return;
  }
  const jobs = await redis.lpop(key, Number(searchParams.get('batch_size')));
  if (jobs === null) answer(response, 404);
  else answer(response, 200, 'application/json', Buffer.from(JSON.stringify(jobs)));
}

function bodyOf(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    request.on('error', reject);
  });
}

function answer(response: ServerResponse, status: number, type?: string, body?: Buffer): void {
  const length = { 'Content-Length': body?.length ?? 0 };
  response.writeHead(status, type === undefined ? length : { 'Content-Type': type, ...length });
  response.end(body);
}

function keyOf(queue = ''): string {
  return `${prefix}bench-plain:${queue}`;
}

function end(why: string): void {
  console.error(why);
  process.exit(1);
}

// Refused commands end it here, and not in the first window.
redis.lpop(keyOf('ready')).then(
  () => server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 }),
  (error: Error) => end(`plain server: ${error.message}`),
);
// Goes with the bench, however that ends.
process.on('disconnect', () => process.exit(0));
