/** One step of what nobody asks for: looks at the queues in which time changes something, or where somebody may have left work. */

import { ApiError } from '../../api/errors.js';
import type { Tended } from '../calls.js';
import type { Store } from '../store.js';
import type { createUntold } from '../untold.js';
import type { Call } from './connection.js';
import { type Directory, type Telling, visitMs } from './directory.js';
import type { Outbox } from './outbox.js';
import { listOf, movedOf } from './records.js';

interface TendStepDeps {
  readonly onIndex: (now: number) => Call;
  readonly on: (now: number, queue: string) => Call;
  readonly directory: Directory;
  readonly outbox: Outbox;
  readonly untold: ReturnType<typeof createUntold>;
}

export function createTendStep({ onIndex, on, directory, outbox, untold }: TendStepDeps): Store['tend'] {
  async function tendOne(
    now: number,
    restart: boolean,
    { queue, visited }: { queue: string; visited: string },
  ): Promise<Telling> {
    const { head, rest } = await on(now, queue)('tend', { restart });
    untold.note(queue, { moved: movedOf(head.moved), ready: head.ready });
    // What can't be delivered now stays, and the queue is looked at again.
    if (rest.length > 0) await outbox.deliver(now, { queue, at: head.at, entries: rest }).catch(() => {});
    const { first, next } = head;
    return {
      queue,
      visited,
      ...(next !== undefined && { next }),
      ...(first !== undefined && { opened: first }),
    };
  }

  return async (now, { restart = false }): Promise<Tended> => {
    const { head } = await onIndex(now)('due', { visitMs });
    const looks = listOf(head.queues).map((one) => tendOne(now, restart, one));
    const ends = await Promise.allSettled(looks);
    const tellings = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
    const isTold = tellings.length > 0 || directory.isBehind;
    const then = isTold
      ? await (await directory.send(now, tellings)).told
      : { nextAt: head.nextAt, more: false };
    const failed = ends.find((end) => end.status === 'rejected');
    // What came of the others is told by the next step.
    if (failed) throw failed.reason;
    if (!then) throw new ApiError('storage_failed');
    const more = head.more || then.more;
    return { more, ...untold.tell(), ...(!more && then.nextAt !== undefined && { nextAt: then.nextAt }) };
  };
}
