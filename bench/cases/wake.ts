/** Case wake: how long a job pushed at a moderate rate takes to a long poll that waits for it; the ceiling is one round trip. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { drain } from '../load/bulk.js';
import { readJobId } from '../load/job.js';
import { createLedger, type Ledger } from '../load/ledger.js';
import { silence } from '../load/loop.js';
import { createMeter, type Meter } from '../load/meter.js';
import { startPace } from '../load/pace.js';
import { holdPolls } from '../load/polls.js';
import { createPusher } from '../load/pusher.js';
import { requestBytes } from '../load/request.js';
import { describe } from '../load/response.js';
import type { Case, Order } from '../types.js';

/** Far from what either server can take, so that nothing queues up. */
const PUSHES_PER_SECOND = 200;
const WAIT_SECONDS = 20;
const WOKEN_LIMIT_MS = 10_000;

export const wake: Case = {
  name: 'wake',
  compares: 'p99',
  requestsPerJob: 1,
  onList: false,
  async run(order) {
    const ledger = createLedger({ round: order.round, openWorld: !order.stores, endsAt: 'found' });
    const meter = createMeter(order);
    const timers: NodeJS.Timeout[] = [];
    let asleep: number;
    try {
      asleep = await Promise.race([measure(order, ledger, meter), silence(order, timers)]);
    } finally {
      for (const timer of timers) clearTimeout(timer);
    }
    if (order.stores) await drain(order, ledger);
    const wrong = asleep > 0 ? [`${asleep} jobs woke no poll within ${WOKEN_LIMIT_MS / 1000} s`] : [];
    return { window: meter.window(), check: { ...ledger.check(), wrong } };
  },
};

/** Drives the window; resolves with the number of jobs that no poll was woken for. */
async function measure(order: Order, ledger: Ledger, meter: Meter): Promise<number> {
  const pusher = createPusher(order, 0);
  const sentAtMs: number[] = [];
  let pushed = 0;
  let woken = 0;
  let breakOff: (error: Error) => void = () => {};
  const broken = new Promise<never>((_, reject) => {
    breakOff = reject;
  });

  // Held by the ceiling as well, which never answers them: both servers have as many open requests.
  const closePolls = await holdPolls({
    port: order.port,
    connections: order.connections,
    request: requestBytes(order, { method: 'GET', path: `/q/${order.queue}?wait=${WAIT_SECONDS}s&lease=0` }),
    onError: (error) => breakOff(error),
    receive(response, readAtMs, waitedMs) {
      if (response.status === 404 && waitedMs > (WAIT_SECONDS - 1) * 1000) return;
      if (response.status !== 200) return meter.unexpected(describe(response));
      const id = readJobId(response.body);
      ledger.find(id);
      woken += 1;
      meter.record(readAtMs - (sentAtMs[id?.sequence ?? -1] ?? 0));
    },
  });
  const pacer = await startPace({
    port: order.port,
    perSecond: PUSHES_PER_SECOND,
    onError: (error) => breakOff(error),
    next() {
      const request = pusher.next();
      sentAtMs[pusher.latest()] = performance.now();
      return request;
    },
    receive(response) {
      const readAtMs = performance.now();
      if (response.status !== 201) return meter.unexpected(describe(response));
      ledger.acknowledge(0, pusher.latest());
      pushed += 1;
      if (!order.stores) meter.record(readAtMs - (sentAtMs[pusher.latest()] ?? 0));
    },
  });

  const drive = async () => {
    await sleep(order.warmupSeconds * 1000);
    meter.start();
    await sleep(order.seconds * 1000);
    await pacer.stop();
    const until = performance.now() + WOKEN_LIMIT_MS;
    // Within the window: a poll that is woken late is just the one to be measured.
    while (order.stores && woken < pushed && performance.now() < until) await sleep(1);
    meter.stop();
    return order.stores ? Math.max(0, pushed - woken) : 0;
  };
  try {
    return await Promise.race([drive(), broken]);
  } finally {
    pacer.close();
    closePolls();
  }
}
