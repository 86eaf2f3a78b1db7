// The facts about this machine without which a rate means nothing.
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { createHistogram, performance } from 'node:perf_hooks';

export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  node: string;
  kernel: string;
  /** Median time of one 4 KiB write and its fdatasync in the data directory. */
  fsyncP50Ms: number;
}

const FSYNCS = 200;
const FSYNC_LIMIT_MS = 2000;

export function describeMachine(dir: string): Machine {
  const cores = cpus();
  return {
    cpu: cores[0]?.model ?? 'unknown',
    cores: cores.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    kernel: release(),
    fsyncP50Ms: measureFsync(dir),
  };
}

function measureFsync(dir: string): number {
  const path = join(dir, 'fsync.probe');
  const file = openSync(path, 'w');
  const block = Buffer.alloc(4096, 1);
  const times = createHistogram();
  const until = performance.now() + FSYNC_LIMIT_MS;
  for (let i = 0; i < FSYNCS && performance.now() < until; i += 1) {
    const before = performance.now();
    writeSync(file, block);
    fdatasyncSync(file);
    times.record(Math.max(1, Math.round((performance.now() - before) * 1e6)));
  }
  closeSync(file);
  rmSync(path);
  return times.percentile(50) / 1e6;
}
