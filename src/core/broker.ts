/** What the routes mean: every operation of the contract, on a store. Each group of them has a file of its own. */

import { ApiError } from '../api/errors.js';
import type { Api } from '../api/types.js';
import type { Chance, Clock } from '../clock.js';
import type { Moved, Tended } from '../store/calls.js';
import type { Store } from '../store/store.js';
import { createGoverning } from './governing.js';
import { isEnded } from './job.js';
import { createManning } from './manning.js';
import { createPushing } from './pushing.js';
import { createSettling } from './settling.js';
import { createSteering } from './steering.js';
import { createTaking } from './taking.js';
import { createTending, type Tending } from './tending.js';
import { createWaiters, type Waiters } from './waiters.js';
import { createWatching, jobKey, type Watching, workerKey } from './watching.js';

export interface BrokerDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly chance: Chance;
  /** Told about every job whose record was found damaged, and is dead now. */
  readonly onDamaged: (job: { queue: string; id: string }) => void;
  /** Told when the store could not do what nobody waits for. */
  readonly onError: (error: Error) => void;
}

/** What the groups of operations share. */
export interface Shared extends BrokerDeps {
  readonly waiters: Waiters;
  readonly watching: Watching;
  readonly tending: Tending;
  /** Who waits is told what time made of jobs. */
  readonly tellMoved: (moved: readonly Moved[]) => void;
}

export interface Broker extends Api {
  /** Before anything is served: makes good what time did while no server was up. */
  start(): Promise<void>;
  /** Another server may have put jobs into this queue, or opened it; or these jobs ended there, `all` stands for any. */
  hear(queue: string, ended?: readonly string[] | 'all'): void;
  /** From now on the broker is not ready, though it goes on answering; whoever waits is told what there is. */
  stop(): void;
  /** Resolves when all is done that no answer waits for: before that the store is not to be closed. */
  settled(): Promise<void>;
}

const lookMs = 1_000;

export function createBroker(deps: BrokerDeps): Broker {
  const { store, clock, onError } = deps;
  let stopping = false;
  const startedAt = clock.now();
  const waiters = createWaiters(clock);
  const watching = createWatching(clock);
  const tending = createTending({ store, clock, onTended: tellTended, onError });
  const shared: Shared = { ...deps, waiters, watching, tending, tellMoved };
  const taking = createTaking(shared);

  function tellMoved(moved: readonly Moved[]) {
    for (const { queue, id, state, worker } of moved) {
      if (isEnded({ state })) watching.tell(jobKey(queue, id));
      if (worker !== undefined) watching.tell(workerKey(worker));
    }
  }

  function tellTended({ moved, ready }: Tended) {
    tellMoved(moved);
    for (const { queue, jobs } of ready) waiters.wake(queue, jobs);
  }

  /**
   * What others did, and did not tell, is found out by looking, once a second: one waiter of each queue tries, and the store says
   * anew what it promises.
   */
  function lookAround() {
    if (stopping) return;
    // Whoever calls the store is told what is wrong with it.
    store.look().catch(() => {});
    waiters.wakeFirst();
    watching.tellAll();
    tending.now();
    clock.after(lookMs, lookAround);
  }

  return {
    ...createPushing(shared),
    take: taking.take,
    takeMany: taking.takeMany,
    ...createSettling(shared),
    ...createSteering(shared, (queue) => ({ at: taking.askedAt(queue), since: startedAt })),
    ...createGoverning(shared),
    ...createManning(shared),

    live: async () => ({ status: 'live' }),

    async ready() {
      if (stopping) throw new ApiError('stopping');
      await store.probe(clock.now());
      return { status: 'ready' };
    },

    async start() {
      await tending.start();
      if (store.isShared) lookAround();
    },
    hear(queue, ended) {
      if (ended === undefined) waiters.wake(queue, 1);
      else if (ended === 'all') watching.tellAll();
      else for (const id of ended) watching.tell(jobKey(queue, id));
    },
    async settled() {
      await Promise.all([taking.settled(), tending.stop()]);
    },
    stop() {
      stopping = true;
      waiters.endAll();
      watching.endAll();
    },
  };
}
