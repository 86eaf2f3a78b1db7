/** Plays one command on a store: makes the call of it, from what came of earlier ones, and tells the result. */

import type { Job, Settlement } from '../../dist/core/job.js';
import type { SetQueue, Steer } from '../../dist/store/calls.js';
import { listPages, type Subject, T0, tendAll, tokenOf } from '../support/store.js';
import { type Command, queueNames } from './commands.js';
import { newJob } from './options.js';
import type { Saying } from './sayings.js';
import { createTelling } from './telling.js';

/** To be called in the order of the commands. */
export type Tell = () => unknown;
type Of<D extends Command['do']> = Extract<Command, { do: D }>;

/** What was taken and not restored yet. */
interface Outstanding {
  readonly queue: string;
  readonly worker: string | undefined;
  readonly jobs: readonly Job[];
}

export function createGame(subject: Subject) {
  let now = T0;
  let takes = 0;
  const outstanding: Outstanding[] = [];
  const leases: { readonly queue: string; readonly job: Job }[] = [];
  const known = new Map<string, number[]>();
  const revisions = new Map<string, number[]>();
  const cursors = new Map<string, string | undefined>();
  const telling = createTelling();

  const idsOf = (queue: string) => known.get(queue) ?? [];
  const learn = (queue: string, ids: readonly number[]) => known.set(queue, [...idsOf(queue), ...ids]);
  /** Counted back from the latest; 0 is no job's. */
  const idOf = (queue: string, back: number) => idsOf(queue).at(-1 - (back % (idsOf(queue).length + 1))) ?? 0;

  async function push({ queue, jobs, failure, once, represent }: Of<'push'>): Promise<Tell> {
    const pushed = await subject.store.push(now, {
      queue,
      jobs: jobs.map((job) => newJob(job, now)),
      ...(failure && { failure }),
      ...(once && { once: { key: once.key, print: once.print, until: now + once.after } }),
      ...(represent && { represent }),
    });
    return () => {
      if ('ids' in pushed && !pushed.replayed) learn(queue, pushed.ids);
      return telling.pushed(queue, pushed);
    };
  }

  async function take({ do: _, worker, lease, ...bounds }: Of<'take'>): Promise<Tell> {
    const token = `t${takes++}`;
    const under = lease === 'policy' ? { token } : { token, ms: Number(lease) };
    const taken = await subject.store.take(now, {
      ...bounds,
      ...(worker !== undefined && { worker }),
      ...(lease !== 'none' && { lease: under }),
    });
    return () => {
      const { queue } = bounds;
      if (taken.jobs.length > 0) outstanding.push({ queue, worker, jobs: taken.jobs });
      for (const job of taken.jobs) if (job.details?.lease) leases.push({ queue, job });
      return telling.taken(queue, taken);
    };
  }

  async function restore({ take: which, firstOnly, by }: Of<'restore'>): Promise<Tell> {
    const [taken] = outstanding.splice(which % (outstanding.length || 1), 1);
    if (!taken) return () => 'nothing to restore';
    const jobs = firstOnly ? taken.jobs.slice(0, 1) : taken.jobs;
    const worker = by && taken.worker !== undefined ? { worker: taken.worker } : {};
    await subject.store.restore(now, { queue: taken.queue, jobs, ...worker });
    return () => `${taken.queue}: restored ${jobs.map((job) => telling.number(taken.queue, job.id))}`;
  }

  function settlement(queue: string, { lease: back, wrong, ...says }: Saying): Settlement[] {
    const among = wrong === 'queue' ? leases : leases.filter((one) => one.queue === queue);
    const lease = among.at(-1 - (back % (among.length || 1)));
    if (!lease) return [];
    const token = wrong === 'token' ? 'wrong' : tokenOf(lease.job);
    const push =
      says.act === 'done' && says.push
        ? { push: says.push.map((one) => ({ queue: one.queue, job: newJob(one.job, now) })) }
        : {};
    return [{ ...says, ...push, id: lease.job.id, lease: token } as Settlement];
  }

  async function settle({ queue, says, chance }: Of<'settle'>): Promise<Tell> {
    const settlements = says.flatMap((one) => settlement(queue, one));
    // Another queue's id may be one of this queue, too, where each queue numbers its own.
    const isElsewhere = settlements.map(
      ({ lease }) => !leases.some((one) => one.queue === queue && tokenOf(one.job) === lease),
    );
    const settled = await subject.store.settle(now, { queue, settlements, chance });
    return () => {
      for (const one of settled) {
        for (const follow of ('pushed' in one && one.pushed) || []) learn(follow.queue, [follow.id]);
      }
      return telling.settled(
        settled.map((one, index) =>
          'refused' in one && isElsewhere[index] ? { refused: 'lease_lost' } : one,
        ),
      );
    };
  }

  async function job({ queue, job: which, ahead }: Of<'job'>): Promise<Tell> {
    const found = await subject.store.job(now, { queue, id: idOf(queue, which), ahead });
    return () => found && { ...found, job: telling.job(queue, found.job) };
  }

  async function list({ do: _, goOn, contains, ...page }: Of<'list'>): Promise<Tell> {
    const key = `list ${page.queue} ${page.state}`;
    const after = goOn ? cursors.get(key) : undefined;
    const more = { ...(contains !== undefined && { contains }), ...(after !== undefined && { after }) };
    const { jobs, next } = await subject.store.list(now, { ...page, ...more });
    return () => {
      cursors.set(key, next);
      return { jobs: telling.jobs(page.queue, jobs), more: next !== undefined };
    };
  }

  async function steer(asked: Of<'steer'> | Of<'bulk'>): Promise<Tell> {
    const { queue, action } = asked;
    const key = asked.do === 'bulk' ? `bulk ${queue} ${asked.state}` : '';
    const after = asked.do === 'bulk' && asked.goOn ? cursors.get(key) : undefined;
    const which =
      asked.do === 'steer'
        ? { id: idOf(queue, asked.job) }
        : {
            state: asked.state,
            limit: asked.limit,
            ...(asked.contains !== undefined && { contains: asked.contains }),
            ...(after !== undefined && { after }),
          };
    const steered = await subject.store.steer(now, { queue, action, ...which } as Steer);
    return () => {
      if (asked.do === 'bulk') cursors.set(key, steered.next);
      return telling.steered(queue, steered);
    };
  }

  async function setQueue({ queue, stopped, policy, ifRevision }: Of<'setQueue'>): Promise<Tell> {
    const before = revisions.get(queue) ?? [0];
    const among = ifRevision === 'latest' ? before.slice(-1) : before.slice(0, -1);
    const set: SetQueue = {
      queue,
      ...(stopped !== undefined && { stopped }),
      ...(policy && { policy }),
      ...(ifRevision && { ifRevision: among }),
    };
    const settings = await subject.store.setQueue(now, set);
    return () => {
      if (settings) revisions.set(queue, [...before, settings.revision]);
      return settings && { ...settings, revision: telling.revision(queue, settings.revision) };
    };
  }

  /** When the next thing is due as far as lists show it. */
  async function nextDue(): Promise<number> {
    const times: number[] = [];
    for (const queue of queueNames) {
      for (const state of ['ready', 'delayed', 'leased', 'done', 'dead'] as const) {
        for (const { dueAt, expiresAt } of (await listPages(subject.store, { queue, state }, now)).flat()) {
          if (dueAt !== undefined) times.push(dueAt);
          if (expiresAt !== undefined && (state === 'ready' || state === 'delayed')) times.push(expiresAt);
        }
      }
    }
    return Math.min(...times);
  }

  async function tend({ restart }: Of<'tend'>): Promise<Tell> {
    const {
      moved,
      ready,
      nextAt = Number.POSITIVE_INFINITY,
    } = await tendAll(subject.store, now, { restart });
    const due = await nextDue();
    if (due <= now) throw new Error(`what was due ${now - due} ms ago was left undone`);
    if (nextAt > due) throw new Error(`nextAt is ${nextAt - due} ms later than the next thing due`);
    return () => ({ moved: telling.moved(moved), ready });
  }

  async function workers({ worker, queue }: Of<'workers'>): Promise<Tell> {
    const given = { ...(worker !== undefined && { worker }), ...(queue !== undefined && { queue }) };
    const views = await subject.store.workers(now, { limit: 100, ...given });
    return () => telling.workers(views);
  }

  async function queueView({ queue }: Of<'queue'>): Promise<Tell> {
    const view = await subject.store.queue(now, { queue });
    return () => ({ ...view, revision: telling.revision(queue, view.revision) });
  }

  async function simple(command: Command): Promise<unknown> {
    const { store } = subject;
    switch (command.do) {
      case 'purge':
        return store.purge(now, { queue: command.queue });
      case 'register':
        return store.register(now, { worker: command.worker, queue: command.queue });
      case 'unregister':
        return store.unregister(now, { worker: command.worker, queue: command.queue });
      case 'queues': {
        const { limit, after } = command;
        return store.queues(now, { limit, ...(after !== undefined && { after }) });
      }
      case 'probe':
        return store.probe(now);
      case 'reopen':
        // What is not told yet is forgotten with the process: nobody can wait for it.
        await subject.store.tend(now, {});
        await subject.reopen();
        return 'reopened';
      case 'advance':
        now += command.ms;
        return now - T0;
      default:
        throw new Error(`${command.do} is played elsewhere`);
    }
  }

  const players: { [D in Command['do']]?: (command: never) => Promise<Tell> } = {
    push,
    take,
    restore,
    settle,
    steer,
    bulk: steer,
    job,
    list,
    tend,
    setQueue,
    workers,
    queue: queueView,
  };

  return {
    /** Calls the store at once. What it gives tells the result, to be called in the order of the commands. */
    async run(command: Command): Promise<Tell> {
      const player = players[command.do];
      if (player) return player(command as never);
      const result = await simple(command);
      return () => result;
    },
  };
}
