/** Pushes jobs that come line by line, in their order, and tells the line that was refused. */

import { type ManyOptions, PresqueError } from '../../client/client.js';
import { type Line, LineError } from '../reading/lines.js';
import type { Session } from '../session.js';

export type Next = () => Promise<Line | undefined>;

interface BulkPush {
  readonly client: Session['client'];
  readonly queue: string;
  readonly options: ManyOptions;
  /** Told how many more are in. */
  readonly onIn: (count: number) => void;
}

/** A server that refuses a batch has taken none of it. */
const isRefusal = (error: unknown): error is PresqueError =>
  error instanceof PresqueError && (error.status === 400 || error.status === 413);

/** Until `next` gives nothing. What came before an error is in, but for the batch that failed. */
export async function pushLines({ client, queue, options, onIn }: BulkPush, next: Next): Promise<void> {
  const source = createSource(next);
  for (;;) {
    let before = 0;
    try {
      await client.pushMany(queue, source.texts, {
        ...options,
        onProgress(count) {
          source.settle(count - before);
          onIn(count - before);
          before = count;
        },
      });
      return source.end();
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // Which one it was is told when they go one by one.
      for (const { number, text } of source.unsettled()) {
        await client.pushMany(queue, [text], options).catch((reason: unknown) => {
          throw isRefusal(reason) ? new LineError(number, sentenceOf(reason)) : reason;
        });
        source.settle(1);
        onIn(1);
      }
    }
  }
}

const sentenceOf = ({ message }: PresqueError) => message.replace(/^jobs\[\d+\]/, 'job');

/** Hands out lines, and remembers those of which it is not known yet that they are in: two batches at most. */
function createSource(next: Next) {
  const open: Line[] = [];
  let failed: { readonly error: unknown } | undefined;

  async function nextText(): Promise<IteratorResult<string, undefined>> {
    if (failed) return { done: true, value: undefined };
    try {
      const line = await next();
      if (!line) return { done: true, value: undefined };
      open.push(line);
      return { done: false, value: line.text };
    } catch (error) {
      failed = { error };
      return { done: true, value: undefined };
    }
  }

  return {
    /** It may be iterated over several times, and goes on where it was. */
    texts: { [Symbol.asyncIterator]: () => ({ next: nextText }) },
    settle: (count: number) => void open.splice(0, count),
    unsettled: () => [...open],
    /** Throws what went wrong about a line, now that those before it are in. */
    end() {
      if (failed) throw failed.error;
    },
  };
}
