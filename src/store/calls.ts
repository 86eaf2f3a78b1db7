/** What a store is asked and what it gives: the shapes behind `store.ts`, and the bounds of one step. */

import { limits } from '../api/limits.js';
import type { Answer, Job, NewJob, Settlement, State } from '../core/job.js';
import type { Policy, PolicyChange } from '../core/policy.js';

/** A take that gets nothing refreshes a worker's `lastSeenAt` only when it is this old: polling should not write. */
export const seenStepMs = 1_000;

/** For how many jobs of each state time passes in one call at most. */
export const ripenStep = 1_000;

/** How many jobs one step of `tend` or `steer` changes at most, and how many one of `list` or `steer` looks at. */
export const tendStep = 500;
export const scanStep = 5_000;
export const scanBytes = 64 * 1024 * 1024;

/** For how many queues one step of `tend` lets time pass at most. */
export const tendQueues = 50;

/** What single takes that go together may get at most; who gets nothing is told that there is more. */
export const singlesBytes = 4 * limits.answerBytes;

export interface Push {
  readonly queue: string;
  readonly jobs: readonly NewJob[];
  readonly failure?: { readonly worker?: string };
  readonly once?: Once;
  /** The jobs as they are now are to be told, too. */
  readonly represent?: boolean;
  /** So many replicas are to be waited for, a moment; what is pushed stays when they don't have it then. */
  readonly replicas?: number;
}

/** An idempotency key, the print of what is pushed under it, and until when it holds. */
export interface Once {
  readonly key: string;
  readonly print: string;
  readonly until: number;
}

export type Pushed =
  | {
      readonly ids: readonly number[];
      readonly replayed?: true;
      readonly jobs?: readonly Job[];
      /** How many replicas have it, where it was asked for. */
      readonly replicas?: number;
    }
  | { readonly exists: number }
  | { readonly differs: true };

export interface Take {
  readonly queue: string;
  readonly limit: number;
  readonly maxBytes: number;
  readonly worker?: string;
  /** For how long, by the policy unless given (0: for good), and the token to make the leases' tokens of. For good without. */
  readonly lease?: { readonly token: string; readonly ms?: number };
}

export interface Taken {
  /** Leased ones with their lease, those taken for good as they were before, or as their record is. */
  readonly jobs: readonly Job[];
  /** How many more are ready. */
  readonly left: number;
  /** When the first of the jobs that are delayed or leased is due. */
  readonly nextAt?: number;
  readonly stopped: boolean;
  readonly damaged: readonly number[];
  readonly moved: readonly Moved[];
}

/** What time made of a job that somebody may wait for: it ended, or its worker lost it. */
export interface Moved {
  readonly queue: string;
  readonly id: number;
  readonly state: State;
  /** Who had it. */
  readonly worker?: string;
}

export interface Restore {
  readonly queue: string;
  readonly jobs: readonly Job[];
  readonly worker?: string;
}

export interface Settle {
  readonly queue: string;
  readonly settlements: readonly Settlement[];
  readonly chance: number;
}

export type Settled = Answer | { readonly refused: 'job_unknown' | 'lease_lost' };

export type Steer = { readonly queue: string } & (
  | { readonly action: 'retry' | 'cancel' | 'delete'; readonly id: number }
  | ({ readonly action: 'retry' | 'delete'; readonly limit: number } & Matching)
);

/** Jobs of a state, after a cursor, whose text contains this. */
interface Matching {
  readonly state: State;
  readonly contains?: string;
  readonly after?: string;
}

export interface Steered {
  /** What became of those that were acted on; no state: deleted. */
  readonly changed: readonly { readonly id: number; readonly state?: State; readonly worker?: string }[];
  /** Why nothing became of the one: it is not there, not in such a state, or its unique key is held by another. */
  readonly refused?: { readonly why: 'job_unknown' | 'job_state' | 'key_held'; readonly state?: State };
  readonly next?: string;
}

export interface List extends Matching {
  readonly queue: string;
  readonly limit: number;
  readonly maxBytes: number;
}

export interface Tended {
  readonly more: boolean;
  readonly nextAt?: number;
  readonly moved: readonly Moved[];
  /** Queues in which so many jobs became ready. */
  readonly ready: readonly { readonly queue: string; readonly jobs: number }[];
}

export interface SetQueue {
  readonly queue: string;
  readonly stopped?: boolean;
  readonly policy?: PolicyChange;
  readonly ifRevision?: readonly number[];
}

export interface QueueSettings {
  readonly stopped: boolean;
  /** What was set. */
  readonly policy: Policy;
  /** Another number after each setting, that never comes again; 0 before the first. */
  readonly revision: number;
}

export interface QueueView extends QueueSettings {
  /** Jobs that a take would give now, due ones included. */
  readonly ready: number;
  /** Jobs whose time has not come. */
  readonly delayed: number;
  readonly leased: number;
  readonly done: number;
  readonly dead: number;
  readonly processed: number;
  readonly failed: number;
  /** When the ready job with the lowest id was pushed. */
  readonly oldestAt?: number;
  /** How many workers are registered on it. */
  readonly workers: number;
}

export interface WorkerList {
  readonly limit: number;
  readonly after?: string;
  readonly worker?: string;
  readonly queue?: string;
}

export interface WorkerView {
  readonly name: string;
  readonly startedAt: number;
  readonly lastSeenAt: number;
  readonly processed: number;
  readonly failed: number;
  /** What it did on each of its queues since it registered there, by name. */
  readonly queues: readonly { queue: string; processed: number; failed: number }[];
  /** What it has under leases, the oldest `limits.jobsPerTake` of it by queue and id; then what it took for good last, until it asks again, fails or leaves. */
  readonly doing: readonly { queue: string; id: number; since: number; cancel?: true }[];
}
