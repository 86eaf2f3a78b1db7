/** Tells what a store gave in words that do not depend on the store: ids and revisions are numbered as they come up. */

import type { Answer, Job } from '../../dist/core/job.js';
import type { Moved, Pushed, Settled, Steered, Taken, WorkerView } from '../../dist/store/calls.js';

export type Telling = ReturnType<typeof createTelling>;

export function createTelling() {
  const number = createNumbers();

  function answer(given: Answer) {
    const { pushed, ...rest } = given;
    if (!pushed) return rest;
    return { ...rest, pushed: pushed.map((one) => ({ ...one, id: number(one.queue, one.id) })) };
  }

  function job(queue: string, { id, details, ...rest }: Job) {
    const told = { ...rest, id: number(queue, id) };
    if (!details) return told;
    const log = details.log?.map((one) => (one.answer ? { ...one, answer: answer(one.answer) } : one));
    return { ...told, details: { ...details, ...(log && { log }) } };
  }

  const moved = (list: readonly Moved[]) =>
    list
      .map(({ queue, id, state, worker }) => JSON.stringify([queue, number(queue, id), state, worker]))
      .sort();

  return {
    number,
    job,
    moved,
    jobs: (queue: string, jobs: readonly Job[]) => jobs.map((one) => job(queue, one)),

    revision: (queue: string, revision: number) =>
      revision === 0 ? 0 : number(`${queue} revision`, revision),

    taken(queue: string, { jobs, moved: gone, ...rest }: Taken) {
      return { ...rest, jobs: jobs.map((one) => job(queue, one)), moved: moved(gone) };
    },

    pushed(queue: string, given: Pushed) {
      if ('exists' in given) return { exists: number(queue, given.exists) };
      if ('differs' in given) return given;
      const { ids, jobs, ...rest } = given;
      const shown = jobs && { jobs: jobs.map((one) => job(queue, one)) };
      return { ...rest, ids: ids.map((id) => number(queue, id)), ...shown };
    },

    settled: (given: readonly Settled[]) => given.map((one) => ('refused' in one ? one : answer(one))),

    steered(queue: string, { changed, refused, next }: Steered) {
      return {
        changed: changed.map((one) => ({ ...one, id: number(queue, one.id) })),
        refused,
        more: next !== undefined,
      };
    },

    workers: (views: readonly WorkerView[]) =>
      views.map((view) => ({
        ...view,
        doing: view.doing.map((one) => ({ ...one, id: number(one.queue, one.id) })),
      })),
  };
}

function createNumbers() {
  const numbers = new Map<string, Map<number, number>>();
  return (of: string, id: number) => {
    const known = numbers.get(of) ?? new Map<number, number>();
    numbers.set(of, known);
    const number = known.get(id) ?? known.size + 1;
    known.set(id, number);
    return number;
  };
}
