// The ceiling: the barest node:http server which gives the same statuses as ours and keeps nothing.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

const ROUND_OF_CEILING = 0;
const PAD = '.'.repeat(64);
const TOKEN = 'A'.repeat(22);
const REQUEST_ID = '00000000';
let taken = 0;
let settled = 0;

const server = createServer((request, response) => {
  if (request.method === 'POST') return post(request, response);
  // A long poll: held, since nothing ever comes.
  if (request.url?.includes('wait=')) return;
  // Counting makes each job's id its own, so that the generator does the same accounting for both servers.
  taken += 1;
  const body = `{"id":"r00${ROUND_OF_CEILING}-c0000-${String(taken).padStart(8, '0')}","pad":"${PAD}"}`;
  const envelope = request.url?.includes('lease=') ? leaseHeaders(request) : undefined;
  const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length };
  response.writeHead(200, envelope ? { ...envelope, ...headers } : headers);
  response.end(body);
});
// Ours says 75 in the header of every answer, and nobody should be cut off in a pause.
server.keepAliveTimeout = 75_000;

function post(request: IncomingMessage, response: ServerResponse): void {
  // The body is read to its end, as any server must before it can answer.
  request.on('data', () => {});
  request.on('end', () => {
    if (request.url?.startsWith('/j/')) {
      settled += 1;
      response.writeHead(204, common(taken + settled));
    } else {
      // Named here, or node would send an empty chunked body after writeHead.
      response.writeHead(201, { 'Content-Length': 0 });
    }
    response.end();
  });
}

/** As many headers, and as long, as ours sends with a leased job. */
function leaseHeaders(request: IncomingMessage): Record<string, string> {
  const url = request.url ?? '';
  const queue = url.slice('/q/'.length, url.indexOf('?'));
  const link = (rel: string) =>
    `<http://${request.headers.host}/j/${queue}/${taken}/${rel}?lease=${TOKEN}>; rel="${rel}"`;
  return {
    ...common(taken + settled),
    'Presque-Queue': queue,
    'Presque-Job': String(taken),
    'Presque-Delivery': 'at-least-once',
    'Presque-Lease': TOKEN,
    'Presque-Attempt': '1',
    'Presque-Expires': '1000000000.000',
    Link: `${link('done')}, ${link('fail')}, ${link('extend')}, ${link('release')}`,
  };
}

function common(count: number): Record<string, string> {
  return { 'Cache-Control': 'no-store', 'X-Request-Id': `${REQUEST_ID}-${count}` };
}

server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 });
// Goes with the bench, however that ends.
process.on('disconnect', () => process.exit(0));
