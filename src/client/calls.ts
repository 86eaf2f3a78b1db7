/** Operations as functions for a program: an `AbortSignal` ends the waiting, every error is a `PresqueError`. */

import type { Api, Call, Input, Output, RouteName } from '../api/types.js';
import { PresqueError } from './errors.js';
import { onAbort } from './signals.js';

export interface CallOptions {
  /** Ends the waiting; the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Every route of the contract as a function of its input. */
export type Calls = {
  readonly [R in RouteName]: (input: Input<R>, options?: CallOptions) => Promise<Output<R>>;
};

export function createCalls(api: Api): Calls {
  async function run<R extends RouteName>(
    name: R,
    input: Input<R>,
    { signal }: CallOptions,
  ): Promise<Output<R>> {
    signal?.throwIfAborted();
    const leaving = createLeaving(signal);
    try {
      const output = await api[name](input, leaving.call);
      // What came over the wire is ours, and can not be given back that way.
      if (signal?.aborted && leaving.undo()) throw signal.reason;
      return output;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw toPresqueError(error);
    } finally {
      leaving.end();
    }
  }

  const calls = Object.keys(api).map((name) => [
    name,
    (input: never, options: CallOptions = {}) => run(name as RouteName, input, options),
  ]);
  return Object.fromEntries(calls) as unknown as Calls;
}

/** What an operation is told of the one who waits for it. */
function createLeaving(signal: AbortSignal | undefined) {
  const gone: (() => void)[] = [];
  const forget =
    signal &&
    onAbort(signal, () => {
      for (const work of gone) work();
    });
  let undo: (() => void) | undefined;
  const call: Call = {
    undelivered(work) {
      undo = work;
    },
    onGone(work) {
      if (signal?.aborted) work();
      else gone.push(work);
    },
  };
  return {
    call,
    /** Whether there was something to be undone. */
    undo() {
      undo?.();
      return undo !== undefined;
    },
    end: () => forget?.(),
  };
}

/** An embedded server throws errors of its own class, with the same codes. */
function toPresqueError(error: unknown): unknown {
  if (error instanceof PresqueError || !(error instanceof Error) || error.name !== 'ApiError') return error;
  const { code, status, message, headers } = error as Error & {
    readonly code: string;
    readonly status: number;
    readonly headers: readonly string[];
  };
  const location = headers.indexOf('Location');
  const job = location < 0 ? undefined : headers[location + 1]?.split('/').at(-1);
  return new PresqueError(code, status, message, { cause: error, job });
}
