/**
 * What is called in one turn of the event loop for one queue, and is of one kind, goes to Redis as one script call; the calls about one
 * queue keep their order.
 */

interface Batch {
  readonly kind: string | undefined;
  readonly args: unknown[];
  /** One for each of `args`. */
  readonly results: Promise<readonly unknown[]>;
}

const mostPerBatch = 256;

export function createBatches() {
  /** The last batch of each queue, which may still grow. */
  const latest = new Map<string, Batch>();
  let waiting: (() => void)[] = [];
  const underWay = new Set<Promise<unknown>>();

  function sendAll() {
    const sends = waiting;
    waiting = [];
    latest.clear();
    for (const send of sends) send();
  }

  function start(
    queue: string,
    kind: string | undefined,
    run: (all: unknown[]) => Promise<unknown[]>,
  ): Batch {
    const args: unknown[] = [];
    const results = new Promise<unknown[]>((resolve) => {
      if (waiting.length === 0) setImmediate(sendAll);
      waiting.push(() => resolve(run(args)));
    });
    underWay.add(results);
    results.catch(() => {}).finally(() => underWay.delete(results));
    const batch = { kind, args, results };
    latest.set(queue, batch);
    return batch;
  }

  /** Goes with others of its kind, or by itself without one; `run` is given them all and gives a result for each. */
  async function together<A, R>(
    queue: string,
    kind: string | undefined,
    args: A,
    run: (all: A[]) => Promise<R[]>,
  ): Promise<R> {
    const last = latest.get(queue);
    const isOpen = last && kind !== undefined && last.kind === kind && last.args.length < mostPerBatch;
    const batch = isOpen ? last : start(queue, kind, (all) => run(all as A[]));
    const index = batch.args.push(args) - 1;
    return (await batch.results)[index] as R;
  }

  return {
    together,

    /** Goes by itself, after what was called before. */
    alone: <R>(queue: string, run: () => Promise<R>): Promise<R> =>
      together(queue, undefined, undefined, async () => [await run()]),

    /** What waits goes now; resolves when all is answered. */
    async finish() {
      while (underWay.size > 0) {
        sendAll();
        await Promise.allSettled(underWay);
      }
    },
  };
}
