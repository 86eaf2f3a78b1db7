/** Settlements: what came of leases, with their follow-up jobs and what is told of their workers. */

import { ApiError } from '../../api/errors.js';
import type { Store } from '../store.js';
import type { createBatches } from './batches.js';
import type { Call } from './connection.js';
import type { createLanes } from './lanes.js';
import type { Outbox } from './outbox.js';
import type { createRoster } from './roster.js';
import { type SettledBy, settleAll } from './together.js';

interface SettlingDeps {
  readonly on: (now: number, queue: string) => Call;
  readonly outbox: Outbox;
  readonly roster: ReturnType<typeof createRoster>;
  readonly together: ReturnType<typeof createBatches>['together'];
  readonly inTurn: ReturnType<typeof createLanes>['inTurn'];
  readonly kindOf: (name: string, now: number) => string;
}

export function createSettling(deps: SettlingDeps): Store['settle'] {
  const { on, outbox, roster, together, inTurn, kindOf } = deps;

  return async (now, settle) => {
    const { queue, settlements } = settle;
    if (settlements.length === 0) return [];
    const kind = settlements.length === 1 ? kindOf('settle', now) : undefined;
    const deliver = (at: number, entries: readonly (string | null)[]) =>
      outbox.deliver(now, { queue, at, entries });

    async function settleOne(): Promise<SettledBy> {
      const come = await together(queue, kind, settle, (all) => settleAll(on(now, queue), all, deliver));
      if (come instanceof ApiError) throw come;
      return come;
    }

    const { settled } = await inTurn(queue, settleOne(), ({ by }) =>
      by.forEach((worker, index) => {
        const as = settlements[index]?.act === 'fail' ? 'failed' : 'processed';
        if (worker) roster.tell(now, { queue, worker, settled: as });
      }),
    );
    return settled;
  };
}
