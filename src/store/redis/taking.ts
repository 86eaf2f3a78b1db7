/** Takes, each done once however often it has to be asked for, and what undoes them. */

import type { Clock } from '../../clock.js';
import type { Job } from '../../core/job.js';
import type { Take, Taken } from '../calls.js';
import { createAsking, type Late } from './asking.js';
import type { Call } from './connection.js';
import { idText, recordOf } from './records.js';
import { takeAll } from './together.js';

/** The requests of a queue: which are under way, and which were answered and Redis need not know it any longer. */
interface Requests {
  readonly open: Set<number>;
  readonly answered: Set<number>;
}

const mostQueues = 10_000;

export function createTaking(on: (now: number, queue: string) => Call, after: Clock['after']) {
  const { ask, end } = createAsking({ after });
  const queues = new Map<string, Requests>();
  let last = 0;

  /** How many of them had been counted as processed. `request` is the one that gave them. */
  async function restore(
    now: number,
    queue: string,
    { jobs, request }: { readonly jobs: readonly Job[]; readonly request?: number },
  ): Promise<number> {
    const asked = jobs.map((job) => ({
      id: idText(job.id),
      lease: job.details?.lease?.token,
      record: recordOf(job),
    }));
    const bodies = jobs.map(({ body }) => body);
    return (await on(now, queue)('restore', { jobs: asked, request }, bodies)).head.counted;
  }

  /** What Redis keeps for them goes by itself. */
  function forgetIdle() {
    for (const [queue, { open }] of queues) if (open.size === 0) queues.delete(queue);
  }

  /** Those before it that are over. */
  function cameBefore({ answered }: Requests, floor: number): number[] {
    const came = [...answered].filter((request) => request < floor);
    for (const request of came) answered.delete(request);
    return came;
  }

  function takeOnce(now: number, queue: string, takes: readonly Take[], requests: Requests) {
    const request = ++last;
    requests.open.add(request);
    const [floor = request] = requests.open;
    const came = cameBefore(requests, floor);
    let again: true | undefined;
    return ask({
      call(tooLate) {
        const asked = { request, floor, came, again, ...(tooLate && { tooLate }) };
        again = true;
        return takeAll(on(now, queue), takes, asked);
      },
      async handBack(late) {
        const jobs = late.flatMap((taken) => taken.jobs);
        if (jobs.length > 0) await restore(now, queue, { jobs, request });
      },
      over() {
        requests.open.delete(request);
        requests.answered.add(request);
      },
    });
  }

  return {
    restore,

    /** For each of them what it got, or the promise of what it will have got when Redis is asked again. */
    async take(now: number, queue: string, takes: readonly Take[]): Promise<(Taken | Late<Taken>)[]> {
      if (queues.size >= mostQueues) forgetIdle();
      const requests = queues.get(queue) ?? { open: new Set(), answered: new Set() };
      queues.set(queue, requests);
      const came = await takeOnce(now, queue, takes, requests);
      if ('now' in came) return came.now;
      return takes.map((_, index) => ({ late: came.late.then((all) => all[index] as Taken) }));
    },

    /** Nothing is asked for again. */
    end,
  };
}
