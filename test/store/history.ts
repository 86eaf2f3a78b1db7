/** Plays histories of commands on a store, and tells what came of each in words that do not depend on the store. */

import type { Job, NewJob } from '../../dist/core/job.js';
import type { Taken, WorkerView } from '../../dist/store/store.js';
import { type Subject, T0 } from '../support/store.js';
import { type Command, type NewJobAfter, queueNames, workerNames } from './commands.js';

/** What was taken and not restored yet. */
interface Outstanding {
  readonly queue: string;
  readonly worker: string | undefined;
  readonly jobs: readonly Job[];
}

/** One command after the other; what came of each. */
export const play = (subject: Subject, history: readonly Command[]) =>
  playGroups(
    subject,
    history.map((command) => [command]),
    inTurn,
  );

export type Calls = (calls: readonly (() => Promise<Tell>)[]) => Promise<Tell[]>;

type Tell = () => unknown;

/** How the commands of a group are called. */
export const atOnce: Calls = (calls) => Promise.all(calls.map((call) => call()));

export const inTurn: Calls = async (calls) => {
  const told: Tell[] = [];
  for (const call of calls) told.push(await call());
  return told;
};

/**
 * Group after group; what came of each command. Ids are numbered per queue in the order in which they were given out.
 * What a command refers to comes from earlier groups.
 */
export async function playGroups(
  subject: Subject,
  groups: readonly (readonly Command[])[],
  calls: Calls,
): Promise<unknown[]> {
  await forgetAll(subject);
  const game = createGame(subject);
  const results: unknown[] = [];
  for (const group of groups) {
    const told = await calls(group.map((command) => () => game.run(command)));
    // In the order of the commands, not of the answers, so that ids get the same numbers.
    for (const tell of told) results.push(tell());
  }
  return results;
}

/** Opening a new store for each history would take most of the time. */
async function forgetAll({ store }: Subject) {
  for (const queue of queueNames) {
    await store.purge(T0, { queue });
    for (const worker of workerNames) await store.unregister(T0, { worker, queue });
  }
}

function createGame(subject: Subject) {
  let now = T0;
  const outstanding: Outstanding[] = [];
  const cursors = new Map<string, string | undefined>();
  const number = createNumbers();

  function told(queue: string, { jobs, ...rest }: Taken) {
    return { ...rest, jobs: jobs.map((job) => ({ ...job, id: number(queue, job.id) })) };
  }

  async function take({ do: _, worker, ...take }: Extract<Command, { do: 'take' }>): Promise<Tell> {
    const taken = await subject.store.take(now, { ...take, ...(worker !== undefined && { worker }) });
    return () => {
      if (taken.jobs.length > 0) outstanding.push({ queue: take.queue, worker, jobs: taken.jobs });
      return told(take.queue, taken);
    };
  }

  async function restore({ take, firstOnly, by }: Extract<Command, { do: 'restore' }>): Promise<Tell> {
    const [taken] = outstanding.splice(take % (outstanding.length || 1), 1);
    if (!taken) return () => 'nothing to restore';
    const jobs = firstOnly ? taken.jobs.slice(0, 1) : taken.jobs;
    const worker = by && taken.worker !== undefined ? { worker: taken.worker } : {};
    await subject.store.restore(now, { queue: taken.queue, jobs, ...worker });
    return () => `${taken.queue}: restored ${jobs.map((job) => number(taken.queue, job.id))}`;
  }

  async function push({ queue, jobs, failure }: Extract<Command, { do: 'push' }>): Promise<Tell> {
    const pushed = await subject.store.push(now, {
      queue,
      jobs: jobs.map((job) => newJob(job, now)),
      ...(failure && { failure }),
    });
    return () =>
      'exists' in pushed
        ? { exists: number(queue, pushed.exists) }
        : { ids: pushed.ids.map((id) => number(queue, id)) };
  }

  async function peek({ do: _, goOn, ...peek }: Extract<Command, { do: 'peek' }>): Promise<Tell> {
    const after = goOn ? cursors.get(peek.queue) : undefined;
    const { bodies, next } = await subject.store.peek(now, {
      ...peek,
      ...(after !== undefined && { after }),
    });
    return () => {
      cursors.set(peek.queue, next);
      return { bodies, more: next !== undefined };
    };
  }

  async function workers({ worker, queue }: Extract<Command, { do: 'workers' }>): Promise<Tell> {
    const list = {
      limit: 100,
      ...(worker !== undefined && { worker }),
      ...(queue !== undefined && { queue }),
    };
    const views = await subject.store.workers(now, list);
    const tellDoing = ({ doing }: WorkerView) =>
      doing.map((one) => ({ ...one, id: number(one.queue, one.id) }));
    return () => views.map((view) => ({ ...view, doing: tellDoing(view) }));
  }

  async function simple(command: Command): Promise<unknown> {
    const { store } = subject;
    switch (command.do) {
      case 'purge':
        return store.purge(now, { queue: command.queue });
      case 'sweep':
        // How much is left to free is the store's own affair.
        return (await store.sweep(now)) && 'swept';
      case 'setQueue':
        return store.setQueue(now, { queue: command.queue, stopped: command.stopped });
      case 'register':
        return store.register(now, { worker: command.worker, queue: command.queue });
      case 'unregister':
        return store.unregister(now, { worker: command.worker, queue: command.queue });
      case 'queue':
        return store.queue(now, { queue: command.queue });
      case 'queues': {
        const { limit, after } = command;
        return store.queues(now, { limit, ...(after !== undefined && { after }) });
      }
      case 'probe':
        return store.probe(now);
      case 'reopen':
        await subject.reopen();
        return 'reopened';
      case 'advance':
        now += command.ms;
        return now;
      default:
        throw new Error(`${command.do} is played elsewhere`);
    }
  }

  return {
    /** Calls the store at once. What it gives tells the result, to be called in the order of the commands. */
    async run(command: Command): Promise<Tell> {
      switch (command.do) {
        case 'push':
          return push(command);
        case 'take':
          return take(command);
        case 'restore':
          return restore(command);
        case 'peek':
          return peek(command);
        case 'workers':
          return workers(command);
        default: {
          const result = await simple(command);
          return () => result;
        }
      }
    },
  };
}

function newJob({ text, after, uniq, priority }: NewJobAfter, now: number): NewJob {
  return {
    body: text,
    ...(after !== undefined && { runAt: now + after }),
    ...(uniq !== undefined && { uniq }),
    ...(priority !== undefined && { priority }),
  };
}

function createNumbers() {
  const numbers = new Map<string, Map<number, number>>();
  return (queue: string, id: number) => {
    const ofQueue = numbers.get(queue) ?? new Map<number, number>();
    numbers.set(queue, ofQueue);
    const number = ofQueue.get(id) ?? ofQueue.size + 1;
    ofQueue.set(id, number);
    return number;
  };
}
