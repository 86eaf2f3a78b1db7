/** Compares what the server counts in a queue after a window with what the generator has seen. */
import type { Order } from '../types.js';
import { runPool } from './pool.js';
import { requestBytes } from './request.js';
import { describe } from './response.js';

interface Status {
  ready: number;
  delayed: number;
  leased: number;
  done: number;
  dead: number;
  policy: { keep_done: number; keep_done_count: number };
}

/** What the server counts otherwise than it should when all that was leased is done, one sentence each. */
export async function miscounts(
  order: Order,
  seen: { filled: number; leased: number; done: number },
): Promise<string[]> {
  const status = JSON.parse(await request(order, 'GET', `/status/${order.queue}`, 200)) as Status;
  const counters = JSON.parse(await request(order, 'GET', `/j/${order.queue}`, 200));
  const { keep_done, keep_done_count } = status.policy;
  // Beyond these bounds the server may forget records of done jobs, but not that it counted them.
  const allKept = seen.done <= keep_done_count && order.warmupSeconds + order.seconds < keep_done;
  return Object.entries({
    ready: [status.ready, seen.filled - seen.leased],
    delayed: [status.delayed, 0],
    leased: [status.leased, 0],
    dead: [status.dead, 0],
    done: [status.done, allKept ? seen.done : status.done],
    processed: [counters.job_processed, seen.done],
  })
    .filter(([, [counted, right]]) => counted !== right)
    .map(([what, [counted, right]]) => `the server counts ${counted} jobs ${what}, not ${right}`);
}

/** Removes the queue, with the records that done jobs leave: later windows should find an empty store. */
export async function purge(order: Order): Promise<void> {
  await request(order, 'DELETE', `/q/${order.queue}`, 204);
}

async function request(order: Order, method: string, path: string, status: number): Promise<string> {
  let asked = false;
  let answer = '';
  await runPool({
    port: order.port,
    connections: 1,
    next() {
      if (asked) return undefined;
      asked = true;
      return requestBytes(order, { method, path });
    },
    receive(_, response) {
      if (response.status !== status) throw new Error(`${method} ${path}: ${describe(response)}`);
      answer = response.body.toString();
    },
  });
  return answer;
}
