/** The one place where time does something that nobody asks for: calls the store's `tend` when there is something to do. */

import type { Clock } from '../clock.js';
import type { Tended } from '../store/calls.js';
import type { Store } from '../store/store.js';

export interface TendingDeps {
  readonly store: Pick<Store, 'tend' | 'isShared'>;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  /** Told what time made of jobs. */
  readonly onTended: (tended: Tended) => void;
  readonly onError: (error: Error) => void;
}

export interface Tending {
  /** Before anything is served: lets time pass for what happened while no server was up. */
  start(): Promise<void>;
  /** Something changed: whatever will be due is found out within `soonMs`. */
  soon(): void;
  /** There is something to do now. */
  now(): void;
  /** Ends it; resolves when nothing is under way. */
  stop(): Promise<void>;
}

const soonMs = 500;
/** Between two rounds, so that a busy queue is not tended all the time. */
const pauseMs = 100;
/** An alarm may come early: it finds out when the next thing is due. */
const longestMs = 86_400_000;
const retryMs = 1_000;

/** Others have their turn, whatever kind of store this is. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

export function createTending({ store, clock, onTended, onError }: TendingDeps): Tending {
  let alarm: { readonly time: number; cancel(): void } | undefined;
  let round: Promise<void> | undefined;
  let again = false;
  let stopped = false;

  function at(time: number) {
    if (stopped || (alarm && alarm.time <= time)) return;
    alarm?.cancel();
    const { cancel } = clock.after(Math.min(Math.max(0, time - clock.now()), longestMs), () => {
      alarm = undefined;
      begin();
    });
    alarm = { time, cancel };
  }

  function begin() {
    if (stopped) return;
    again = true;
    round ??= tendAll().finally(() => {
      round = undefined;
      if (again) begin();
    });
  }

  async function tendAll() {
    try {
      while (again && !stopped) {
        // One bounded step after the other; requests go on in between.
        again = false;
        const tended = await store.tend(clock.now(), {});
        onTended(tended);
        again ||= tended.more;
        if (tended.nextAt !== undefined) at(Math.max(tended.nextAt, clock.now() + pauseMs));
        if (again) await turn();
      }
    } catch (error) {
      again = false;
      onError(error as Error);
      at(clock.now() + retryMs);
    }
  }

  return {
    async start() {
      for (let more = true; more; ) {
        // Where others were up meanwhile, whatever ran out could have been extended.
        const tended = await store.tend(clock.now(), { restart: !store.isShared });
        onTended(tended);
        more = tended.more;
      }
      begin();
    },
    soon: () => at(clock.now() + soonMs),
    now: begin,
    async stop() {
      stopped = true;
      again = false;
      alarm?.cancel();
      await round;
    },
  };
}
