/** The page at `/`: every queue with its size and counters, and how to push a first job. */

export interface QueueLine {
  readonly queue: string;
  readonly size: number;
  readonly delayed: number;
  readonly processed: number;
  readonly failed: number;
  readonly policy: { readonly status: 'start' | 'stop' };
}

export interface Home {
  readonly lines: readonly QueueLine[];
  readonly total: number;
  /** Where the server was reached. */
  readonly url: string;
}

const style = `
  :root { color-scheme: light dark; --line: color-mix(in srgb, CanvasText 15%, Canvas); --soft: color-mix(in srgb, CanvasText 65%, Canvas) }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2.5rem auto; padding: 0 1rem }
  h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1rem; margin: 2rem 0 .5rem } p { color: var(--soft); margin: .25rem 0 }
  table { border-collapse: collapse; width: 100%; margin-top: 1.5rem; font-variant-numeric: tabular-nums }
  th, td { padding: .5rem .75rem; border-bottom: 1px solid var(--line); text-align: right }
  th { font-weight: 600; font-size: .85rem; color: var(--soft) }
  th:first-child, td:first-child, th:last-child, td:last-child { text-align: left }
  td:first-child { overflow-wrap: anywhere }
  pre { padding: .75rem 1rem; border: 1px solid var(--line); border-radius: .5rem; overflow-x: auto; font-size: .9rem }
  .scroll { overflow-x: auto }
`;

export function renderHome({ lines, total, url }: Home): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>presque</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>presque</h1>
<p>${total === 0 ? 'No queues yet.' : `${total} ${total === 1 ? 'queue' : 'queues'}.`}</p>
</header>
<main>
${total === 0 ? firstJob(url) : table(lines, total) + commands(url, lines[0]?.queue ?? 'foo')}
</main>
</body>
</html>
`;
}

function table(lines: readonly QueueLine[], total: number): string {
  const left = total - lines.length;
  const more = left > 0 ? `<p>And ${left} more: <code>GET /status/</code> lists them all.</p>` : '';
  return `<div class="scroll"><table>
<thead><tr><th scope="col">Queue</th><th scope="col">Ready</th><th scope="col">Delayed</th><th scope="col">Processed</th>\
<th scope="col">Failed</th><th scope="col">Status</th></tr></thead>
<tbody>
${lines.map(row).join('\n')}
</tbody>
</table></div>
${more}`;
}

function row({ queue, size, delayed, processed, failed, policy }: QueueLine): string {
  const status = policy.status === 'stop' ? 'stopped' : 'open';
  const cells = [queue, size, delayed, processed, failed, status];
  return `<tr>${cells.map((cell) => `<td>${escapeHtml(String(cell))}</td>`).join('')}</tr>`;
}

function firstJob(url: string): string {
  return `<h2>Push a first job</h2>\n${push(url, 'foo')}`;
}

function commands(url: string, queue: string): string {
  return `<h2>Push a job</h2>\n${push(url, queue)}\n<h2>Take one</h2>\n<pre>${escapeHtml(`curl ${url}/q/${queue}`)}</pre>`;
}

function push(url: string, queue: string): string {
  const command = `curl -H 'Content-Type: application/json' -d '{"key":"value"}' ${url}/q/${queue}`;
  return `<pre>${escapeHtml(command)}</pre>`;
}

const entities: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] as string);
}
