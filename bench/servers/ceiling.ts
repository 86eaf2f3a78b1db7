// The ceiling: the barest node:http server which gives the same statuses as ours and keeps nothing.
import { createServer } from 'node:http';

const ROUND_OF_CEILING = 0;
const PAD = '.'.repeat(64);
let taken = 0;

const server = createServer((request, response) => {
  if (request.method === 'POST') {
    // The body is read to its end, as any server must before it can say 201.
    request.on('data', () => {});
    request.on('end', () => {
      // Named here, or node would send an empty chunked body after writeHead.
      response.writeHead(201, { 'Content-Length': 0 });
      response.end();
    });
    return;
  }
  // Counting makes each job's id its own, so that the generator does the same accounting for both servers.
  taken += 1;
  const body = `{"id":"r00${ROUND_OF_CEILING}-c0000-${String(taken).padStart(8, '0')}","pad":"${PAD}"}`;
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
  response.end(body);
});

server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 });
// Goes with the bench, however that ends.
process.on('disconnect', () => process.exit(0));
