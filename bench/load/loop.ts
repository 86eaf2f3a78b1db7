// The closed loop of a case: warm-up, timed window, and every request's answer read before it ends.
import { performance } from 'node:perf_hooks';
import type { Order, Window } from '../types.js';
import { createMeter } from './meter.js';
import { runPool } from './pool.js';
import { describe, type Response } from './response.js';

/** `ok` is counted; `dry` ends the window at once, cleanly; `unexpected` is reported, and never counted. */
export type Verdict = 'ok' | 'dry' | 'unexpected';

export interface Traffic {
  next(connection: number): Buffer;
  /** What a connection still has to ask when the time is up, uncounted; undefined lets it rest. */
  finish?(connection: number): Buffer | undefined;
  judge(connection: number, response: Response): Verdict;
}

const UNANSWERED_LIMIT_MS = 30_000;

/** Drives the connections of an order, one request at a time each; the window is what was measured. */
export async function closedLoop(order: Order, traffic: Traffic): Promise<Window> {
  const meter = createMeter(order);
  const sentAtMs = new Float64Array(order.connections);
  const timers: NodeJS.Timeout[] = [];
  let stopping = false;

  const stop = () => {
    stopping = true;
    meter.stop();
  };
  const pool = runPool({
    port: order.port,
    connections: order.connections,
    onStart() {
      const warmupMs = order.warmupSeconds * 1000;
      timers.push(setTimeout(() => !stopping && meter.start(), warmupMs));
      timers.push(setTimeout(stop, warmupMs + order.seconds * 1000));
    },
    next(connection) {
      if (stopping) return traffic.finish?.(connection);
      sentAtMs[connection] = performance.now();
      return traffic.next(connection);
    },
    receive(connection, response) {
      const latencyMs = performance.now() - (sentAtMs[connection] ?? 0);
      const verdict = traffic.judge(connection, response);
      if (verdict === 'ok') return meter.record(latencyMs);
      if (verdict === 'unexpected') return meter.unexpected(describe(response));
      meter.ranDry();
      stop();
    },
  });
  try {
    await Promise.race([pool, silence(order, timers)]);
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
  return meter.window();
}

/** Rejects when requests stay unanswered long after the window's end. */
export function silence(order: Order, timers: NodeJS.Timeout[]): Promise<never> {
  const limitMs = (order.warmupSeconds + order.seconds) * 1000 + UNANSWERED_LIMIT_MS;
  return new Promise((_, reject) => {
    timers.push(setTimeout(() => reject(new Error('requests stayed unanswered for 30 s')), limitMs));
  });
}
