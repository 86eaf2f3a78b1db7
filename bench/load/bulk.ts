// Fills and drains a queue by batches, untimed, before and after a window.
import type { Order } from '../types.js';
import { jobText, readJobId } from './job.js';
import type { Ledger } from './ledger.js';
import { runPool } from './pool.js';
import { requestBytes } from './request.js';

const CONNECTIONS = 4;
const FILL_BATCH = 5000;
const DRAIN_BATCH = 1000;

/** Pushes `order.jobs` jobs, rounded up to whole batches, and notes them as acknowledged. */
export async function fill(order: Order, ledger: Ledger): Promise<void> {
  const batches = Math.ceil(order.jobs / FILL_BATCH);
  const sending: number[] = [];
  let sent = 0;
  await runPool({
    port: order.port,
    connections: CONNECTIONS,
    next(connection) {
      if (sent === batches) return undefined;
      sending[connection] = sent;
      sent += 1;
      return fillRequest(order, sent - 1);
    },
    receive(connection, response) {
      if (response.status !== 201) throw new Error(`filling: ${response.status} ${response.body}`);
      const batch = sending[connection] ?? 0;
      for (let i = 0; i < FILL_BATCH; i += 1) ledger.acknowledge(0, batch * FILL_BATCH + i);
    },
  });
}

function fillRequest(order: Order, batch: number): Buffer {
  const jobs = Array.from({ length: FILL_BATCH }, (_, i) =>
    jobText({ round: order.round, connection: 0, sequence: batch * FILL_BATCH + i }),
  );
  return requestBytes(order, {
    method: 'POST',
    path: `/qb/${order.queue}`,
    body: `{"jobs":[${jobs.join(',')}]}`,
  });
}

/** Takes jobs until the queue is empty, and notes each as found. */
export async function drain(order: Order, ledger: Pick<Ledger, 'find'>): Promise<void> {
  const request = requestBytes(order, {
    method: 'GET',
    path: `/qb/${order.queue}?batch_size=${DRAIN_BATCH}`,
  });
  let empty = false;
  await runPool({
    port: order.port,
    connections: CONNECTIONS,
    next: () => (empty ? undefined : request),
    receive(_, response) {
      if (response.status === 404) {
        empty = true;
        return;
      }
      if (response.status !== 200) throw new Error(`draining: ${response.status} ${response.body}`);
      for (const job of jobTexts(response.body)) ledger.find(readJobId(Buffer.from(job)));
    },
  });
}

function jobTexts(body: Buffer): string[] {
  const parsed: unknown = JSON.parse(body.toString());
  if (!Array.isArray(parsed) || parsed.length === 0) throw new Error('draining: not an array of jobs');
  return parsed.map(String);
}
