/** Why a job is not running, in one sentence and in fields. */

import type { Output } from '../api/types.js';
import type { Job } from './job.js';
import { crashesOf, failuresOf } from './moves.js';
import { lastError, seconds } from './view.js';

/** When somebody asked the queue for a job the last time, and since when that is known. */
export interface Asked {
  readonly at: number | undefined;
  readonly since: number;
}

interface Circumstances {
  readonly now: number;
  readonly stopped: boolean;
  /** How many ready jobs stand before it. */
  readonly ahead: number;
  readonly asked: Asked;
}

type Why = Omit<Output<'why'>, 'id' | 'queue' | 'state'>;

/** So many characters of an error go into a sentence. */
const errorShown = 200;
/** An asking that is not older is told as one of now. */
const recentMs = 10_000;

export function whyOf(job: Job, circumstances: Circumstances): Why {
  const { now } = circumstances;
  switch (job.state) {
    case 'ready':
      return readyWhy(circumstances);
    case 'delayed': {
      const failures = failuresOf(job);
      const after = failures > 0 ? ` after ${times(failures, 'failure')}` : '';
      const when = `it is delayed${after}, and ready in ${span(Number(job.dueAt) - now)}`;
      const stop = circumstances.stopped ? '; the queue is stopped' : '';
      return { why: when + stop, run_at: seconds(Number(job.dueAt)), stopped: circumstances.stopped };
    }
    case 'leased': {
      const { worker, cancel } = job.details?.lease ?? {};
      const by = worker === undefined ? 'a worker without a name' : worker;
      const asked = cancel ? ', which was asked to stop' : '';
      return {
        why: `it is leased by ${by}${asked}, for another ${span(Number(job.dueAt) - now)}`,
        ...(worker !== undefined && { worker }),
        expires_at: seconds(Number(job.dueAt)),
      };
    }
    default:
      return endedWhy(job, now);
  }
}

function readyWhy({ now, stopped, ahead, asked }: Circumstances): Why {
  const fields = { stopped, behind: ahead, ...(asked.at !== undefined && { asked_at: seconds(asked.at) }) };
  if (stopped) return { why: 'the queue is stopped', ...fields };
  const behind = ahead > 0 ? `it is behind ${times(ahead, 'job')}` : 'it is next';
  return { why: `${behind}; ${askedWords(asked, now)}`, ...fields };
}

function askedWords({ at, since }: Asked, now: number): string {
  if (at === undefined) return `no worker has asked since the server started ${span(now - since)} ago`;
  if (now - at < recentMs) return `a worker asked ${span(now - at)} ago`;
  return `no worker has asked for ${span(now - at)}`;
}

function endedWhy(job: Job, now: number): Why {
  const { reason, endedAt = now, log = [] } = job.details ?? {};
  const ended_at = seconds(endedAt);
  const ago = `${span(now - endedAt)} ago`;
  if (job.state === 'done') {
    const worker = log.at(-1)?.worker;
    const by = worker === undefined ? {} : { worker };
    return { why: `it is done${worker === undefined ? '' : ` by ${worker}`}, ${ago}`, ended_at, ...by };
  }
  return {
    why: `it is dead since ${span(now - endedAt)}: ${deathWords(job)}`,
    ended_at,
    ...(reason && { reason }),
  };
}

function deathWords(job: Job): string {
  switch (job.details?.reason) {
    case 'cancelled':
      return 'it was cancelled';
    case 'expired':
      return 'it waited longer than its ttl';
    case 'damaged':
      return 'its text was damaged on the disk';
    default:
      return attemptWords(job);
  }
}

function attemptWords(job: Job): string {
  const failures = failuresOf(job);
  const crashes = crashesOf(job);
  const error = lastError(job)?.slice(0, errorShown);
  const words = [
    ...(failures > 0 ? [`it failed ${times(failures, 'time')}`] : []),
    ...(crashes > 0 ? [`${times(crashes, 'lease')} of it ran out`] : []),
  ];
  return words.join(' and ') + (error === undefined ? '' : `, the latest error: ${error}`);
}

const times = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
] as const;

/** A length of time for people, in its largest unit. */
function span(ms: number): string {
  const [unit, size] = units.find(([, length]) => ms >= 2 * length) ?? ['s', 1_000];
  return unit === 's' ? `${Math.max(0, Math.ceil(ms / 100) / 10)} s` : `${Math.floor(ms / size)} ${unit}`;
}
