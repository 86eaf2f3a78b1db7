/**
 * What is called in one turn of the event loop for one queue, and is of one kind, goes to Redis as one script call; the calls about one
 * queue keep their order.
 */

/** Calls of one kind that go together. */
interface Batch<A, R> {
  readonly calls: {
    readonly args: A;
    readonly resolve: (result: R) => void;
    readonly reject: (error: Error) => void;
  }[];
  readonly send: () => void;
}

const mostPerBatch = 256;

export function createBatches() {
  /** The last batch of each queue, that may still grow, in the order in which they are to go. */
  const latest = new Map<string, { readonly kind: string; readonly batch: Batch<never, never> }>();
  let waiting: Batch<never, never>[] = [];

  function sendAll() {
    const batches = waiting;
    waiting = [];
    latest.clear();
    for (const { send } of batches) send();
  }

  function add(queue: string, kind: string, batch: Batch<never, never>) {
    if (waiting.length === 0) setImmediate(sendAll);
    waiting.push(batch);
    latest.set(queue, { kind, batch });
  }

  return {
    /** Goes with others of its kind; `run` is given them all and gives a result for each. */
    together<A, R>(queue: string, kind: string, args: A, run: (all: A[]) => Promise<R[]>): Promise<R> {
      return new Promise<R>((resolve, reject) => {
        const last = latest.get(queue);
        const call = { args, resolve, reject };
        if (last?.kind === kind && last.batch.calls.length < mostPerBatch) {
          (last.batch as unknown as Batch<A, R>).calls.push(call);
          return;
        }
        const calls = [call];
        add(queue, kind, {
          calls,
          send: () =>
            void run(calls.map((one) => one.args)).then(
              (results) => {
                for (const [index, one] of calls.entries()) one.resolve(results[index] as R);
              },
              (error) => {
                for (const one of calls) one.reject(error);
              },
            ),
        } as unknown as Batch<never, never>);
      });
    },

    /** What waits goes now. */
    flush: sendAll,

    /** Goes by itself, after what was called before. */
    alone<R>(queue: string, run: () => Promise<R>): Promise<R> {
      return new Promise<R>((resolve, reject) => {
        add(queue, '', { calls: [], send: () => void run().then(resolve, reject) });
      });
    },
  };
}
