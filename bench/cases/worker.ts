/** Case worker: the client's worker, as many jobs at once as there are connections in the case that it is compared with, out of a full queue. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'presque/client';
import { drain, fill } from '../load/bulk.js';
import { miscounts, purge } from '../load/counts.js';
import { type JobId, readJobId } from '../load/job.js';
import { createLedger } from '../load/ledger.js';
import { createMeter } from '../load/meter.js';
import type { Case } from '../types.js';

export const worker: Case = {
  name: 'worker',
  compares: 'rate',
  // It makes far fewer: as many as the other case makes for as many jobs, so that the rates are of jobs.
  requestsPerJob: 2,
  onList: false,
  against: 'lease',
  async run(order) {
    const ledger = createLedger({ round: order.round, openWorld: false, endsAt: 'settled' });
    await fill(order, ledger);
    const meter = createMeter(order);
    const handled = new Map<string, { id: JobId | undefined; atMs: number }>();
    const presque = connect({ url: `http://127.0.0.1:${order.port}`, json: 'text' });
    const working = presque.work(
      order.queue,
      (job, { id }) => {
        handled.set(id, { id: readJobId(Buffer.from(job as string)), atMs: performance.now() });
      },
      { concurrency: order.connections },
    );
    working.on('done', ({ id }) => {
      const one = handled.get(id);
      handled.delete(id);
      ledger.find(one?.id);
      ledger.settle(one?.id);
      const latencyMs = performance.now() - (one?.atMs ?? 0);
      for (let request = 0; request < 2; request += 1) meter.record(latencyMs);
    });
    working.on('failed', (_, error) => meter.unexpected(`failed: ${error}`));
    working.on('lost', (_, reason) => meter.unexpected(`lost: ${reason}`));
    working.on('error', (error) => meter.unexpected(`error: ${error}`));
    working.on('idle', () => meter.ranDry());
    await sleep(order.warmupSeconds * 1000);
    meter.start();
    await sleep(order.seconds * 1000);
    meter.stop();
    await working.stop();
    const { taken, done } = await working.ended;
    const wrong = await miscounts(order, { filled: ledger.check().acknowledged, leased: taken, done });
    await drain(order, {
      find(id) {
        ledger.find(id);
        ledger.settle(id);
      },
    });
    await purge(order);
    return { window: meter.window(), check: { ...ledger.check(), wrong } };
  },
};
