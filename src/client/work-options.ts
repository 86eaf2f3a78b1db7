/** How a worker works: what may be said, checked, with its defaults. */

import { limits } from '../api/limits.js';
import type { Ambient } from './ambient.js';
import { type Duration, millisecondsOf } from './duration.js';
import { leaseMsOf } from './options.js';

export interface WorkOptions {
  /** What it is called among the workers; one by chance unless told. */
  readonly name?: string | undefined;
  /** How many jobs at once: 1 to 1,000, 1 unless told. */
  readonly concurrency?: number | undefined;
  /** How long a lease is (1 s to 12 h, 60 s unless told): so long after it died, its jobs go to others. It is extended by itself. */
  readonly lease?: Duration | undefined;
  /** How long a handler may take: its signal is aborted then, and the job has failed unless it ends well all the same. For ever unless told. */
  readonly timeout?: Duration | undefined;
  /** How long a stop waits for handlers before it aborts their signals: 10 s unless told. */
  readonly grace?: Duration | undefined;
  /** Names of signals of the process on which it stops (a second one is not caught); `true`: SIGTERM and SIGINT. None unless told. */
  readonly signals?: boolean | readonly string[] | undefined;
  /** Ends when no job is ready and none is leased to anybody; delayed ones are left. */
  readonly drain?: boolean | undefined;
  /** Ends when there is none at once, or with the first. */
  readonly once?: boolean | undefined;
  /** Ends after so many. */
  readonly maxJobs?: number | undefined;
  /** Stops it, as `stop` does. */
  readonly signal?: AbortSignal | undefined;
}

export interface CheckedOptions {
  readonly queues: string[];
  readonly name: string;
  readonly concurrency: number;
  readonly leaseMs: number;
  readonly timeoutMs: number | undefined;
  readonly graceMs: number;
  readonly maxJobs: number | undefined;
  readonly drain: boolean;
  readonly once: boolean;
  /** Calls when it is to stop; what is returned forgets that. */
  onStop(stop: () => void): () => void;
}

/** What Node has, and a browser not. */
interface Process {
  once(signal: string, run: () => void): void;
  off(signal: string, run: () => void): void;
}

const mostConcurrency = 1_000;

/** Throws a `TypeError` that names the option. */
export function checkedOptions(
  queues: string | readonly string[],
  options: WorkOptions,
  ambient: Ambient,
): CheckedOptions {
  const { name = `worker-${ambient.token().slice(0, 8)}`, concurrency = 1, once = false } = options;
  const named = [queues].flat() as string[];
  if (named.length === 0) throw new TypeError('queues must name at least one');
  const { timeout, maxJobs } = options;
  return {
    queues: named,
    name,
    concurrency: wholeNumber(concurrency, 'concurrency', mostConcurrency),
    leaseMs: checkedLease(options.lease),
    timeoutMs: timeout === undefined ? undefined : millisecondsOf(timeout, 'timeout'),
    graceMs: millisecondsOf(options.grace ?? '10s', 'grace'),
    maxJobs: once
      ? 1
      : maxJobs === undefined
        ? undefined
        : wholeNumber(maxJobs, 'maxJobs', Number.MAX_SAFE_INTEGER),
    drain: options.drain ?? false,
    once,
    onStop: (stop) => onStop(options, stop),
  };
}

/** Each take would be refused otherwise, for ever. */
function checkedLease(lease: Duration | undefined): number {
  const leaseMs = leaseMsOf(lease);
  if (leaseMs >= limits.shortestLeaseMs && leaseMs <= limits.longestLeaseMs) return leaseMs;
  throw new TypeError(`lease must be from 1s to 12h: ${lease}`);
}

function wholeNumber(value: number, option: string, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new TypeError(`${option} must be a whole number from 1 to ${most}: ${value}`);
}

function onStop({ signal, signals = false }: WorkOptions, stop: () => void): () => void {
  const names = signals === true ? ['SIGTERM', 'SIGINT'] : signals === false ? [] : signals;
  const process = (globalThis as { process?: Process }).process;
  for (const name of names) process?.once(name, stop);
  if (signal?.aborted) queueMicrotask(stop);
  signal?.addEventListener('abort', stop, { once: true });
  return () => {
    for (const name of names) process?.off(name, stop);
    signal?.removeEventListener('abort', stop);
  };
}
