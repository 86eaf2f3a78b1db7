/** Follow-up jobs for queues elsewhere: from the outbox of the queue whose job pushed them into their queues, each once. */

import type { Call } from './connection.js';
import { failure } from './failure.js';
import { listOf } from './records.js';

export interface Outbox {
  /**
   * Delivers these entries of the queue, names and texts in turn, looked up at `at` (by Redis's clock); the ids of the jobs by name.
   * Rejects when one is not delivered: it stays and is delivered later.
   */
  deliver(
    now: number,
    from: { readonly queue: string; readonly at: number; readonly entries: readonly (string | null)[] },
  ): Promise<ReadonlyMap<string, number>>;
}

interface Item {
  readonly name: string;
  readonly text: string;
}

export function createOutbox(on: (now: number, queue: string) => Call): Outbox {
  async function deliverTo(now: number, target: string, from: { queue: string; at: number }, items: Item[]) {
    const texts = items.map(({ text }) => text);
    // In its new queue a name tells whose outbox it is in, too.
    const names = items.map(({ name }) => `${from.queue} ${name}`);
    const { head } = await on(now, target)('deliver', { at: from.at, names }, texts);
    const ids = listOf(head.ids);
    if (ids.length < names.length)
      throw failure(new Error('what waits in an outbox was looked up too long ago'));
    const jobs = items.map(({ name }, index) => ({ name, id: ids[index] as string }));
    await on(now, from.queue)('delivered', { jobs });
    // What is remembered for them is forgotten soon; if this is lost, in a month.
    on(now, target)('confirm', { names }).catch(() => {});
    return jobs;
  }

  return {
    async deliver(now, from) {
      const byTarget = new Map<string, Item[]>();
      for (let at = 0; at < from.entries.length; at += 2) {
        const [name, text] = from.entries.slice(at, at + 2) as [string, string];
        const { queue } = JSON.parse(text) as { queue: string };
        const items = byTarget.get(queue) ?? [];
        byTarget.set(queue, items);
        items.push({ name, text });
      }
      const targets = [...byTarget].map(([target, items]) => deliverTo(now, target, from, items));
      const ids = new Map<string, number>();
      for (const jobs of await Promise.all(targets))
        for (const { name, id } of jobs) ids.set(name, Number(id));
      return ids;
    },
  };
}
