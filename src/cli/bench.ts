/** `presque bench`: how fast a server is from here, with this client, in a queue of its own. */

import { randomUUID } from 'node:crypto';
import { createHistogram, performance } from 'node:perf_hooks';
import { type Command, Option } from 'commander';
import { addConnection, type ConnectionFlags } from './connection.js';
import { wholeNumber } from './reading/values.js';
import { type Session, withServer } from './session.js';
import { count } from './terminal/human.js';
import type { Column } from './terminal/table.js';

interface Flags extends ConnectionFlags {
  readonly jobs: number;
  readonly concurrency: number;
  readonly size: number;
}

interface Figures {
  readonly what: string;
  readonly jobs: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** Of one call, milliseconds; undefined where it is of many jobs. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}

export function addBench(program: Command) {
  const command = program
    .command('bench')
    .description(
      'Measure how fast a server takes and gives jobs, in a queue of its own that is deleted after.',
    )
    .allowExcessArguments(false)
    .addOption(
      new Option('--jobs <N>', 'how many for each figure')
        .default(10_000)
        .argParser(wholeNumber(1, 1_000_000)),
    )
    .addOption(
      new Option('-c, --concurrency <N>', 'how many calls at once')
        .default(32)
        .argParser(wholeNumber(1, 1_000)),
    )
    .addOption(
      new Option('--size <BYTES>', 'how long a job is').default(100).argParser(wholeNumber(1, 1_000_000)),
    );
  addConnection(command)
    .addHelpText(
      'after',
      `
One job a call, then many; the figures are of this machine, its network and this client together, which is
often what is slowest: the server can do more for many clients at once.

Examples:
  $ presque bench
  $ presque bench --jobs 100000 --concurrency 100
  $ presque bench --json`,
    )
    .action((flags: Flags) => withServer(flags, (session) => bench(session, flags)));
}

const columns: readonly Column<Figures>[] = [
  { title: 'WHAT', value: ({ what }) => what },
  { title: 'JOBS', value: ({ jobs }) => count(jobs), align: 'right' },
  { title: 'JOBS/S', value: ({ perSecond }) => count(perSecond), align: 'right' },
  { title: 'P50 MS', value: ({ p50Ms }) => p50Ms?.toFixed(2), align: 'right' },
  { title: 'P99 MS', value: ({ p99Ms }) => p99Ms?.toFixed(2), align: 'right' },
];

async function bench({ client, output, connection: { url } }: Session, { jobs, concurrency, size }: Flags) {
  const queue = `presque-bench-${randomUUID().slice(0, 8)}`;
  const job = JSON.stringify('x'.repeat(Math.max(0, size - 2)));
  const stop = new AbortController();
  const onSignal = () => stop.abort(new Error('stopped'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal);
  const { signal } = stop;
  output.say(`${count(jobs)} jobs of ${count(job.length)} bytes, ${concurrency} calls at once, at ${url}`);

  /** One call for each job, so many at once. */
  async function each(what: string, call: () => Promise<unknown>): Promise<Figures> {
    const latency = createHistogram();
    let left = jobs;
    const line = async () => {
      while (left-- > 0) {
        const begun = performance.now();
        await call();
        latency.record(Math.max(1, Math.round((performance.now() - begun) * 1e6)));
      }
    };
    const seconds = await timed(() => Promise.all(Array.from({ length: concurrency }, line)));
    return {
      ...figures(what, jobs, seconds),
      p50Ms: latency.percentile(50) / 1e6,
      p99Ms: latency.percentile(99) / 1e6,
    };
  }

  async function* all() {
    for (let n = 0; n < jobs; n++) yield job;
  }

  async function* measure(): AsyncIterable<Figures> {
    yield await each('push', () => client.push(queue, job, { signal }));
    yield await each('take', () => client.take(queue, { signal }));
    yield figures('push, in batches', jobs, await timed(() => client.pushMany(queue, all(), { signal })));
    yield await each('lease + done', async () => (await client.lease(queue, { signal }))?.done());
    await client.pushMany(queue, all(), { signal });
    yield figures(`worker -j ${concurrency}`, jobs, await timed(work));
  }

  async function work() {
    await client.work(queue, () => {}, { concurrency, drain: true, signal }).ended;
    // It ends well then, too, and has not done all.
    signal.throwIfAborted();
  }

  try {
    await output.list(columns, measure());
  } finally {
    await client.purge(queue);
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, onSignal);
  }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await run();
  return (performance.now() - begun) / 1_000;
}

const figures = (what: string, jobs: number, seconds: number): Figures => ({
  what,
  jobs,
  seconds,
  perSecond: jobs / seconds,
});
