// Measures one timed window: counts, latencies, and whose CPU time it took.
import { createHistogram, performance } from 'node:perf_hooks';
import type { Order, Window } from '../types.js';
import { machineCpuSeconds, processCpuSeconds } from './cpu.js';

export interface Meter {
  /** Forgets the warm-up: the window begins now. */
  start(): void;
  /** The window is over; later records are ignored. */
  stop(): void;
  /** An expected answer, after so many milliseconds. */
  record(latencyMs: number): void;
  unexpected(what: string): void;
  ranDry(): void;
  window(): Window;
}

type Pids = Pick<Order, 'serverPid' | 'storePids'>;

export function createMeter(pids: Pids): Meter {
  const latency = createHistogram();
  const unexpected: Record<string, number> = {};
  let requests = 0;
  let ranDry = false;
  let running = false;
  let before = snapshot(pids);
  let after = before;

  return {
    start() {
      before = snapshot(pids);
      running = true;
    },
    stop() {
      if (running) after = snapshot(pids);
      running = false;
    },
    record(latencyMs) {
      if (!running) return;
      requests += 1;
      latency.record(Math.max(1, Math.round(latencyMs * 1e6)));
    },
    // Counted at all times: what goes wrong in the warm-up or while draining is no less wrong.
    unexpected(what) {
      unexpected[what] = (unexpected[what] ?? 0) + 1;
    },
    ranDry() {
      ranDry = true;
    },
    window() {
      const seconds = (after.atMs - before.atMs) / 1000;
      const empty = requests === 0;
      return {
        seconds,
        requests,
        ratePerSecond: empty ? 0 : requests / seconds,
        p50Ms: empty ? 0 : latency.percentile(50) / 1e6,
        p99Ms: empty ? 0 : latency.percentile(99) / 1e6,
        maxMs: empty ? 0 : latency.max / 1e6,
        serverCpuSeconds: difference(after.serverCpu, before.serverCpu),
        storeCpuSeconds: difference(after.storeCpu, before.storeCpu),
        generatorBusy: Math.max(
          (after.ownCpu - before.ownCpu) / seconds,
          performance.eventLoopUtilization(after.loop, before.loop).utilization,
        ),
        machineCpuSeconds: difference(after.machineCpu, before.machineCpu),
        otherCpuSeconds: difference(after.otherCpu, before.otherCpu),
        unexpected,
        ranDry,
      };
    },
  };
}

function snapshot({ serverPid, storePids }: Pids) {
  const own = process.cpuUsage();
  const serverCpu = processCpuSeconds(serverPid);
  const storeCpu = storePids.length === 0 ? undefined : sum(storePids.map(processCpuSeconds));
  const machineCpu = machineCpuSeconds();
  const ownCpu = (own.user + own.system) / 1e6;
  return {
    atMs: performance.now(),
    loop: performance.eventLoopUtilization(),
    ownCpu,
    serverCpu,
    storeCpu,
    machineCpu,
    otherCpu: machineCpu === undefined ? undefined : machineCpu - ownCpu - (serverCpu ?? 0) - (storeCpu ?? 0),
  };
}

function sum(seconds: (number | undefined)[]): number {
  return seconds.reduce<number>((all, one) => all + (one ?? 0), 0);
}

function difference(after: number | undefined, before: number | undefined): number | undefined {
  // Ticks of 10 ms, read one after another, may differ by a hair below zero.
  return after === undefined || before === undefined ? undefined : Math.max(0, after - before);
}
