/** What each script gives (its first line says so, too): ids are texts, an empty list comes as an empty object. */

import type { Answer, State } from '../../core/job.js';
import type { Once, QueueSettings, QueueView, Settled, Steered, WorkerView } from '../calls.js';

interface RawMoved {
  readonly queue: string;
  readonly id: string;
  readonly state: State;
  readonly worker?: string;
}

type RawList<T> = readonly T[] | Record<string, never>;

/** What time did on the way. */
export interface News {
  readonly moved?: RawList<RawMoved>;
  readonly ready?: number;
}

interface RawPage {
  readonly next?: { readonly at: number; readonly id: string };
}

interface RawPushed {
  readonly full?: true;
  readonly exists?: string;
  readonly differs?: true;
  readonly first: string;
  readonly count: number;
  readonly replayed?: true;
}

interface RawTaken {
  readonly jobs: number;
  readonly left: number;
  readonly stopped: boolean;
  readonly nextAt?: number;
  readonly moved?: RawList<RawMoved>;
}

type Nothing = Record<string, never>;

/** What a script of a queue has for the index (`directory.ts`). */
export interface ForIndex {
  readonly index?: { readonly opened?: string; readonly next?: number };
}

/** What was pushed has an id, or the name under which it waits in the outbox. */
export type RawSettled =
  | Extract<Settled, { refused: unknown }>
  | (Omit<Answer, 'pushed'> & {
      readonly pushed?: readonly { readonly queue: string; readonly id?: string; readonly outbox?: string }[];
    });

export interface Held {
  readonly worker: string;
  readonly id: string;
  readonly since: number;
  readonly cancel?: true;
}

interface RawKey extends Once {
  readonly first: string;
  readonly count: number;
}

type OfQueues = {
  push: { readonly pushed: readonly RawPushed[] };
  take: { readonly taken: readonly RawTaken[] };
  restore: { readonly counted: number };
  settle: {
    readonly at: number;
    readonly settled: readonly RawSettled[];
    readonly by: readonly (string | false)[];
  };
  deliver: { readonly ids: RawList<string> };
  delivered: Nothing;
  confirm: Nothing;
  steer: News &
    RawPage & {
      readonly changed: RawList<{ readonly id: string; readonly state?: State; readonly worker?: string }>;
      readonly refused?: NonNullable<Steered['refused']>;
    };
  job: News & { readonly ahead?: number };
  list: News & RawPage;
  purge: { readonly first?: string };
  tend: {
    readonly at: number;
    readonly moved: RawList<RawMoved>;
    readonly ready: number;
    readonly first?: string;
    readonly next?: number;
  };
  setQueue: Omit<QueueSettings, 'revision'> & { readonly revision?: string };
  queue: Pick<News, 'moved'> &
    Omit<QueueView, 'revision' | 'workers'> & { readonly revision: string; readonly passed: number };
  held: { readonly held: RawList<Held> };
  ends: { readonly first?: string; readonly last?: string; readonly outbox: boolean };
  keys: { readonly keys: RawList<RawKey>; readonly more: boolean };
  startQueue: Nothing;
  putJobs: Nothing;
  putKeys: Nothing;
  finishQueue: object;
};

interface OfIndex {
  tell: { readonly nextAt?: number; readonly more: boolean };
  due: {
    readonly queues: RawList<{ readonly queue: string; readonly visited: string }>;
    readonly more: boolean;
    readonly nextAt?: number;
  };
  queues: { readonly names: RawList<string>; readonly total: number };
  register: { readonly registered: readonly boolean[] };
  unregister: Nothing;
  worked: Nothing;
  workers: {
    readonly workers: RawList<
      Omit<WorkerView, 'queues' | 'doing'> & {
        readonly queues: RawList<WorkerView['queues'][number]>;
        readonly doing: RawList<Omit<WorkerView['doing'][number], 'id'> & { readonly id: string }>;
        readonly heldIn: RawList<{ readonly queue: string; readonly at: string }>;
      }
    >;
  };
  staff: { readonly workers: number };
  probe: Nothing;
  note: { readonly text?: string };
  strays: { readonly queues: RawList<string>; readonly more: boolean };
  enlist: Nothing;
  putWorker: Nothing;
}

export type Replies = { [N in keyof OfQueues]: OfQueues[N] & ForIndex } & OfIndex;
