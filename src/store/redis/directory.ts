/**
 * The index over all queues, in a slot of its own: it is told what the scripts of queues answer. What it could not be told is kept and
 * told later; what a server that died did not tell is found by a visit, which each server asks for before it writes to a queue.
 */

import type { Call } from './connection.js';
import type { Replies } from './replies.js';

/** What is told of a queue. The order does not matter, nor does it to be told twice. */
export interface Telling {
  readonly queue: string;
  /** The lowest id of the queue that was opened, of the one that was deleted. */
  readonly opened?: string;
  readonly closed?: string;
  /** When time changes something in it. */
  readonly next?: number;
  /** Somebody is to look there within `visitMs`. */
  readonly intends?: true;
  /** That look was done: which one. */
  readonly visited?: string;
}

interface Sent {
  /** What the index said, nothing when it can't be reached: then it is told later. */
  readonly told: Promise<Replies['tell'] | undefined>;
}

export interface Directory {
  /**
   * Asks for a visit; nothing where that was done a little while ago. Resolves when it is sent, before whatever is sent next: to wait
   * for the answer would let all queues stand still with the node that has the index.
   */
  ready(now: number, queue: string): Promise<unknown> | undefined;
  /** Where somebody waits for `ready` of the queue, those who come later wait, too. */
  pending(queue: string): Promise<unknown> | undefined;
  /** Resolves when it is sent: what we ask the index after that comes after it. */
  send(now: number, tellings: readonly Telling[]): Promise<Sent>;
  /** Resolves when it is told; at once while the index can't be reached. */
  unlessAway(now: number, told: Sent['told']): Promise<void>;
  /** Whether something is not told yet. */
  readonly isBehind: boolean;
}

/** A queue that somebody wrote to is looked at when nobody has for so long. */
export const visitMs = 10_000;
/** Asked for again by whoever goes on writing, long enough before for what is under way to be done by then. */
const askMs = 5_000;
/** While the index can't be reached, only so often somebody waits for it. */
const awayMs = 1_000;
const mostPerCall = 1_000;
const mostKept = 100_000;

export function createDirectory(on: (now: number) => Call): Directory {
  const asked = new Map<string, { at: number; done: Promise<unknown> | undefined }>();
  /** By queue, what is not told yet. */
  const untold = new Map<string, Telling>();
  let turn: Promise<Sent> | undefined;
  let awaySince: number | undefined;

  /** What comes in this turn of the event loop goes together. */
  const sending = (now: number): Promise<Sent> =>
    new Promise((resolve) =>
      setImmediate(() => {
        turn = undefined;
        const all = [...untold.values()].slice(0, mostPerCall);
        for (const { queue } of all) untold.delete(queue);
        resolve({ told: tellAll(now, all) });
      }),
    );

  async function tellAll(now: number, all: readonly Telling[]) {
    try {
      const { head } = await on(now)('tell', { all, visitMs });
      awaySince = undefined;
      return head;
    } catch {
      awaySince = now;
      for (const one of all) keep(one);
      return undefined;
    }
  }

  function keep(one: Telling) {
    if (untold.size < mostKept || untold.has(one.queue))
      untold.set(one.queue, merged(untold.get(one.queue), one));
  }

  function send(now: number, tellings: readonly Telling[]): Promise<Sent> {
    for (const one of tellings) keep(one);
    turn ??= sending(now);
    return turn;
  }

  return {
    ready(now, queue) {
      const before = asked.get(queue);
      if (before && now >= before.at && now < before.at + askMs) return before.done;
      if (asked.size >= mostKept) asked.clear();
      const entry: { at: number; done: Promise<unknown> | undefined } = { at: now, done: undefined };
      entry.done = send(now, [{ queue, intends: true }]).finally(() => {
        entry.done = undefined;
      });
      asked.set(queue, entry);
      return entry.done;
    },
    pending: (queue) => asked.get(queue)?.done,
    send,
    async unlessAway(now, told) {
      const isAway = awaySince !== undefined && now >= awaySince && now < awaySince + awayMs;
      if (!isAway) await told;
    },
    get isBehind() {
      return untold.size > 0;
    },
  };
}

/** Both at once. */
function merged(one: Telling | undefined, other: Telling): Telling {
  if (!one) return other;
  const opened = later(one.opened, other.opened);
  const closed = later(one.closed, other.closed);
  const next = Math.min(one.next ?? Number.POSITIVE_INFINITY, other.next ?? Number.POSITIVE_INFINITY);
  return {
    ...one,
    ...other,
    ...(opened !== undefined && { opened }),
    ...(closed !== undefined && { closed }),
    ...(next < Number.POSITIVE_INFINITY && { next }),
  };
}

const later = (one: string | undefined, other: string | undefined) =>
  Number(one ?? 0) > Number(other ?? 0) ? one : other;
