/**
 * What is called about one queue while its last calls are under way goes to Redis together, and what is of one kind as one script call:
 * the busier it is, the more goes with one. The calls about one queue keep their order.
 */

import { isTimeout } from './failure.js';

interface Batch {
  readonly kind: string | undefined;
  readonly args: unknown[];
  /** One for each of `args`. */
  readonly results: Promise<readonly unknown[]>;
  /** Resolves when it is answered. */
  send(): Promise<unknown>;
  refuse(error: unknown): void;
}

interface Lane {
  /** Those that wait for the ones that are under way. */
  waiting: Batch[];
  /** How many groups are under way, or about to be. */
  groups: number;
}

const mostPerBatch = 256;
/** While Redis does one, the answers of the other are handed on. */
const mostGroups = 2;

export function createBatches() {
  /** Of each queue that has something under way. */
  const lanes = new Map<string, Lane>();

  function sendAll(queue: string, lane: Lane) {
    const group = lane.waiting;
    lane.waiting = [];
    Promise.allSettled(group.map((batch) => batch.send())).then((ends) => {
      lane.groups--;
      const late = ends.find((end) => end.status === 'rejected' && isTimeout(end.reason));
      // Whoever came meanwhile has waited as long.
      if (late?.status === 'rejected') for (const batch of lane.waiting.splice(0)) batch.refuse(late.reason);
      if (lane.waiting.length > 0) startGroup(queue, lane);
      else if (lane.groups === 0) lanes.delete(queue);
    });
  }

  function startGroup(queue: string, lane: Lane) {
    lane.groups++;
    setImmediate(() => sendAll(queue, lane));
  }

  function laneOf(queue: string): Lane {
    const lane = lanes.get(queue) ?? { waiting: [], groups: 0 };
    lanes.set(queue, lane);
    if (lane.waiting.length === 0 && lane.groups < mostGroups) startGroup(queue, lane);
    return lane;
  }

  /** Goes with others of its kind, or by itself without one; `run` is given them all and gives a result for each. */
  async function together<A, R>(
    queue: string,
    kind: string | undefined,
    args: A,
    run: (all: A[]) => Promise<R[]>,
  ): Promise<R> {
    const { waiting } = laneOf(queue);
    const last = waiting.at(-1);
    const isOpen = last && kind !== undefined && last.kind === kind && last.args.length < mostPerBatch;
    const batch = isOpen ? last : createBatch(kind, run as (all: unknown[]) => Promise<unknown[]>);
    if (!isOpen) waiting.push(batch);
    const index = batch.args.push(args) - 1;
    return (await batch.results)[index] as R;
  }

  return {
    together,

    /** Goes by itself, after what was called before. */
    alone: <R>(queue: string, run: () => Promise<R>): Promise<R> =>
      together(queue, undefined, undefined, async () => [await run()]),

    /** Resolves when all is answered. */
    async finish() {
      while (lanes.size > 0) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

function createBatch(kind: string | undefined, run: (all: unknown[]) => Promise<unknown[]>): Batch {
  const args: unknown[] = [];
  let settle: { resolve(results: Promise<unknown[]>): void; reject(error: unknown): void } | undefined;
  const results = new Promise<unknown[]>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return {
    kind,
    args,
    results,
    send() {
      settle?.resolve(run(args));
      return results;
    },
    refuse: (error) => settle?.reject(error),
  };
}
