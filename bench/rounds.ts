// Runs the rounds of one case at one number of connections: ceiling, plain where there is one, ours, ceiling …
import type { ChildProcess } from 'node:child_process';
import { caseNamed } from './cases/all.js';
import type { Options } from './options.js';
import { startScript, stop } from './servers/processes.js';
import type { Server, Servers } from './servers/start.js';
import type { Order, Outcome, Reply } from './types.js';

/** The outcomes of one case at one number of connections, one per round and server. */
export interface Series {
  case: string;
  connections: number;
  ceiling: Outcome[];
  /** Undefined without a Redis, and for a case that a list can't do. */
  plain: Outcome[] | undefined;
  ours: Outcome[];
}

/** In every queue's name: on a store that outlives the bench, what a broken run left is nobody's. */
const RUN = Date.now().toString(36);
const WARMUP_SECONDS = 0.5;
/** More than the ceiling could take in the time, so that ours never runs dry unless it beats it. */
const SPARE = 1.5;
const MOST_JOBS = 2_000_000;
/** For a case that others are compared with: more than our server could lease and settle one by one. */
const JOBS_PER_SECOND_AGAINST = 20_000;
/** By how much batches may beat it. */
const SPARE_AGAINST = 8;
const UNTIMED_LIMIT_SECONDS = 180;

export async function runSeries(
  options: Options,
  servers: Servers & { storePids: number[] },
  plan: { case: string; connections: number },
): Promise<Series> {
  const { requestsPerJob, onList, against } = caseNamed(plan.case);
  const plain = onList ? servers.plain : undefined;
  const series: Series = { ...plan, ceiling: [], plain: plain && [], ours: [] };
  for (let round = 1; round <= options.rounds; round += 1) {
    const order = (server: Server, jobs: number): Order => ({
      ...plan,
      port: server.port,
      serverPid: server.pid,
      storePids: servers.storePids,
      stores: server.stores,
      queue: `bench-${RUN}-${plan.case}-${plan.connections}-${round}`,
      round,
      warmupSeconds: WARMUP_SECONDS,
      seconds: options.seconds,
      jobs,
    });
    const wholeSeconds = options.seconds + WARMUP_SECONDS;
    const first =
      against === undefined
        ? order(servers.ceiling, 0)
        : { ...order(servers.ours, JOBS_PER_SECOND_AGAINST * wholeSeconds), case: against };
    const ceiling = await generate(first);
    const spare = against === undefined ? SPARE : SPARE_AGAINST;
    const requests = ceiling.window.ratePerSecond * wholeSeconds * spare;
    const jobs = Math.min(MOST_JOBS, Math.ceil(requests / requestsPerJob));
    series.ceiling.push(ceiling);
    if (plain) series.plain?.push(await generate(order(plain, jobs)));
    series.ours.push(await generate(order(servers.ours, jobs)));
  }
  return series;
}

/** A generator per window: none inherits the heap, or the compiled code, of the window before. */
async function generate(order: Order): Promise<Outcome> {
  const child = startScript(new URL('./load/generator.js', import.meta.url), []);
  try {
    const reply = await answerOf(child, order);
    if ('error' in reply) throw new Error(`${order.case} × ${order.connections}: ${reply.error}`);
    return reply.outcome;
  } finally {
    await stop(child);
  }
}

function answerOf(child: ChildProcess, order: Order): Promise<Reply> {
  const limitSeconds = order.warmupSeconds + order.seconds + UNTIMED_LIMIT_SECONDS;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`a window took over ${limitSeconds} s`)),
      limitSeconds * 1000,
    );
    const done = (act: () => void) => {
      clearTimeout(timer);
      act();
    };
    child.once('message', (reply: Reply) => done(() => resolve(reply)));
    child.once('exit', (code) => done(() => reject(new Error(`the generator ended with ${code}`))));
    child.send(order);
  });
}
