/** How leases are settled, one by one or many at once, and who is told. */

import { ApiError } from '../api/errors.js';
import { limits } from '../api/limits.js';
import type { Api, Input, Output } from '../api/types.js';
import type { Settled } from '../store/calls.js';
import type { Shared } from './broker.js';
import { type Answer, isEnded, type Settlement } from './job.js';
import { newJob } from './pushing.js';
import { idOf } from './steering.js';
import { seconds } from './view.js';
import { jobKey } from './watching.js';

type Settling = Pick<Api, 'done' | 'fail' | 'release' | 'extend' | 'settleMany'>;
type Act = Settlement['act'];

const unknownId = -1;

export function createSettling({ store, clock, chance, waiters, watching, tending }: Shared): Settling {
  async function settle(queue: string, settlements: readonly Settlement[]): Promise<readonly Settled[]> {
    const settled = await store.settle(clock.now(), { queue, settlements, chance: chance.fraction() });
    tending.soon();
    for (const [index, answer] of settled.entries()) {
      if (!('refused' in answer)) tell(queue, settlements[index] as Settlement, answer);
    }
    return settled;
  }

  /** Who waits for the job's end, or for jobs. */
  function tell(queue: string, { id }: Settlement, { state, runAt, pushed = [] }: Answer) {
    if (isEnded({ state })) watching.tell(jobKey(queue, id));
    if (state === 'ready') waiters.wake(queue, 1);
    if (runAt !== undefined) waiters.wakeAt(queue, runAt);
    for (const job of pushed) waiters.wake(job.queue, 1);
  }

  async function settleOne(queue: string, settlement: Settlement): Promise<Answer> {
    const [answer] = await settle(queue, [settlement]);
    if (!answer || 'refused' in answer) throw new ApiError(answer?.refused ?? 'job_unknown');
    return answer;
  }

  function settlementOf(act: Act, { id, lease, ...said }: Item): Settlement {
    return { id: idOf(id) ?? unknownId, lease, ...saidOf(act, said) };
  }

  function saidOf(act: Act, said: Said) {
    switch (act) {
      case 'done': {
        const push = said.push?.map(({ queue, job, ...options }) => ({ queue, job: newJob(job, options) }));
        return { act, result: said.result, push };
      }
      case 'fail':
        return { act, error: cut(said.error), delayMs: said.delay, dead: said.dead };
      case 'release':
        return { act, delayMs: said.delay };
      case 'extend':
        return { act, ms: said.for, progress: said.progress, note: cut(said.note) };
    }
  }

  return {
    async done({ queue, ...input }) {
      const { pushed } = await settleOne(queue, settlementOf('done', input));
      if (input.push === undefined) return { answer: 'settled' };
      return { answer: 'pushed', pushed: pushedView(pushed) };
    },

    async fail({ queue, ...input }) {
      return stateView(await settleOne(queue, settlementOf('fail', input)));
    },

    async release({ queue, ...input }) {
      return stateView(await settleOne(queue, settlementOf('release', input)));
    },

    async extend({ queue, ...input }) {
      return expiryView(await settleOne(queue, settlementOf('extend', input)));
    },

    async settleMany({ queue, ...lists }) {
      const asked = acts.flatMap((act) =>
        (lists[act] ?? []).map((input): { act: Act; input: Item } => ({ act, input })),
      );
      if (asked.length > limits.settlements) {
        throw new ApiError('invalid', {
          message: `at most ${limits.settlements} leases may be settled at once`,
        });
      }
      const settled = await settle(
        queue,
        asked.map(({ act, input }) => settlementOf(act, input)),
      );
      const output: { [A in Act]?: ItemView[] } = {};
      for (const act of acts) if (lists[act]) output[act] = [];
      for (const [index, { act, input }] of asked.entries()) {
        output[act]?.push(itemView(act, input, settled[index] as Settled));
      }
      return output;
    },
  };
}

const acts = ['done', 'fail', 'release', 'extend'] as const;

/** All that may be said beside the job and its lease. */
type Said = Partial<Pick<Input<'done'>, 'result' | 'push'>> &
  Partial<Pick<Input<'fail'>, 'error' | 'delay' | 'dead'>> &
  Partial<Pick<Input<'extend'>, 'for' | 'progress' | 'note'>>;

type Item = Said & Pick<Input<'fail'>, 'id' | 'lease'>;

type ItemView = NonNullable<Output<'settleMany'>['done']>[number];

const cut = (text: string | undefined) => text?.slice(0, limits.noteChars);

const pushedView = (pushed: Answer['pushed'] = []) => pushed.map(({ queue, id }) => `/j/${queue}/${id}`);

const stateView = ({ state, runAt }: Answer) => ({
  state,
  ...(runAt !== undefined && { run_at: seconds(runAt) }),
});

const expiryView = ({ expiresAt = 0, cancel = false }: Answer) => ({
  expires_at: seconds(expiresAt),
  cancel,
});

function itemView(act: Act, { id, push }: Item, settled: Settled): ItemView {
  if ('refused' in settled) {
    const { status, message } = new ApiError(settled.refused);
    return { id, status, error: message };
  }
  if (act === 'extend') return { id, status: 200, ...expiryView(settled) };
  if (act !== 'done') return { id, status: 200, ...stateView(settled) };
  return push === undefined ? { id, status: 204 } : { id, status: 200, pushed: pushedView(settled.pushed) };
}
