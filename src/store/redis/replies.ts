/** What each script gives (its first line says so, too): ids are texts, an empty list comes as an empty object. */

import type { State } from '../../core/job.js';
import type { QueueSettings, QueueView, Settled, Steered, Tended, WorkerView } from '../calls.js';
import type { ScriptName } from './scripts.js';

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

export interface Replies extends Record<ScriptName, unknown> {
  push: { readonly pushed: readonly RawPushed[] };
  take: { readonly taken: readonly RawTaken[] };
  restore: Nothing;
  settle: { readonly settled: readonly Settled[] };
  steer: News &
    RawPage & {
      readonly changed: RawList<{ readonly id: string; readonly state?: State; readonly worker?: string }>;
      readonly refused?: NonNullable<Steered['refused']>;
    };
  job: News & { readonly ahead?: number };
  list: News & RawPage;
  purge: Nothing;
  tend: {
    readonly more: boolean;
    readonly nextAt?: number;
    readonly moved: RawList<RawMoved>;
    readonly ready: RawList<Tended['ready'][number]>;
  };
  setQueue: Omit<QueueSettings, 'revision'> & { readonly revision?: string };
  queue: Pick<News, 'moved'> &
    Omit<QueueView, 'revision'> & { readonly revision: string; readonly passed: number };
  queues: { readonly names: RawList<string>; readonly total: number };
  register: { readonly registered: boolean };
  unregister: Nothing;
  workers: {
    readonly workers: RawList<
      Omit<WorkerView, 'queues' | 'doing'> & {
        readonly queues: RawList<WorkerView['queues'][number]>;
        readonly doing: RawList<Omit<WorkerView['doing'][number], 'id'> & { readonly id: string }>;
      }
    >;
  };
  probe: Nothing;
}
