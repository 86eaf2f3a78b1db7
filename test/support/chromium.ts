/** A page in a real browser, served together with what it asks of presque. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startProcess, temporaryDirectory, within } from './process.js';

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Has a browser open a page whose module is `script`, beside `files`, at an origin whose other paths are presque's.
 * Resolves with what the script gives to `report`.
 */
export async function runInChromium(
  presque: string,
  script: string,
  files: { readonly [path: string]: string },
): Promise<unknown> {
  const served = { '/': pageOf(script), ...files };
  let onReport: (value: unknown) => void = () => {};
  const reported = new Promise<unknown>((resolve) => {
    onReport = resolve;
  });
  const server = createServer((incoming, response) => {
    const { url = '/' } = incoming;
    const file = served[url as keyof typeof served];
    if (url === '/report') void readJson(incoming).then(onReport);
    else if (file === undefined) return pass(presque, incoming, response);
    response.setHeader('content-type', url.endsWith('.js') ? 'text/javascript' : 'text/html').end(file);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const own = `--user-data-dir=${temporaryDirectory()}`;
  const browser = startProcess('chromium', [
    ...flags,
    own,
    '--remote-debugging-port=0',
    `http://127.0.0.1:${port}/`,
  ]);
  try {
    return await within(45_000, 'report of the page', reported);
  } catch (error) {
    throw new Error(`${browser.stdout}\n${browser.stderr}`, { cause: error });
  } finally {
    await browser.kill();
    server.close().closeAllConnections();
  }
}

const pageOf = (script: string) => `<!doctype html><title>presque</title><script type="module">
const report = (value) => fetch('/report', { method: 'POST', body: JSON.stringify(value) });
try {
${script}
} catch (error) {
  await report(String(error.stack ?? error));
}
</script>`;

async function readJson(incoming: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
  return JSON.parse(text);
}

/** As a reverse proxy does that vouches for its own pages. */
function pass(to: string, incoming: IncomingMessage, response: ServerResponse) {
  const { method, url, headers } = incoming;
  const { origin, host, ...others } = headers;
  const passed = request(to + url, { method, headers: others }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  passed.on('error', () => response.destroy());
  response.on('close', () => passed.destroy());
  incoming.pipe(passed);
}
