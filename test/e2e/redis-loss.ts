/** What a failover of Redis may lose, and what it may not: judges the history of the clients of one queue. */

import { type Event, faultsOf } from './lease-history.js';

export interface Loss {
  /** How many jobs were acknowledged just before the master was killed, and are not there in the end. */
  readonly pushes: number;
  /** How many were told done just before, and were not so in the end, or were done once more. */
  readonly settlements: number;
  /** What can't be explained by that. */
  readonly faults: readonly string[];
}

/** How long before its end a master may have acknowledged what its replica never had: what is under way between two processes. */
const lagMs = 1_000;
/** For what had its answer in the socket when the master ended. */
const graceMs = 250;

/** `killedAt` is when the master ended, epoch milliseconds. */
function lossOf(events: readonly Event[], killedAt: number, leaseMs: number): Loss {
  const isRisky = (at: number) => killedAt - lagMs <= at && at <= killedAt + graceMs;
  const left = new Set(events.flatMap((one) => (one.event === 'left' ? [one.job] : [])));
  const asked = new Set(events.flatMap((one) => ('jobs' in one ? (one.jobs ?? []) : [])));
  const pushed = events.flatMap((one) => (one.event === 'pushed' && isRisky(one.at) ? one.jobs : []));
  const invented = [...left].filter((job) => !asked.has(job)).map((job) => `nobody pushed ${job}`);

  const states = new Map(events.flatMap((one) => (one.event === 'left' ? [[one.id, one.state]] : [])));
  const done = events.flatMap((one) =>
    one.event === 'settled' && one.said.status === 204 ? [{ at: one.at, ...one.said }] : [],
  );
  const isUndone = ({ id, token }: (typeof done)[number]) =>
    states.get(id) !== 'done' || done.some((other) => other.id === id && other.token !== token);

  /** The jobs about which something was acknowledged just before the end: that may not have happened. */
  const risky = new Set(
    events.flatMap((one) => {
      if (one.event === 'leased' && isRisky(one.at)) return [one.lease.id];
      if (one.event === 'settled' && isRisky(one.at)) return [one.said.id];
      return [];
    }),
  );
  const isSure = (one: Event) => {
    if (one.event === 'pushed') return !isRisky(one.at);
    if (one.event === 'leased') return !risky.has(one.lease.id);
    if (one.event === 'settled' || (one.event === 'cut' && one.said)) return !risky.has(one.said?.id ?? '');
    return true;
  };

  return {
    pushes: pushed.filter((job) => !left.has(job)).length,
    settlements: done.filter((one) => isRisky(one.at) && isUndone(one)).length,
    faults: [...invented, ...faultsOf(events.filter(isSure), leaseMs)],
  };
}

/** Of all queues. */
export function lossOfAll(
  histories: ReadonlyMap<string, readonly Event[]>,
  killedAt: number,
  leaseMs: number,
): Loss {
  const losses = [...histories].map(([queue, events]) => ({ queue, ...lossOf(events, killedAt, leaseMs) }));
  return {
    pushes: losses.reduce((sum, loss) => sum + loss.pushes, 0),
    settlements: losses.reduce((sum, loss) => sum + loss.settlements, 0),
    faults: losses.flatMap(({ queue, faults }) => faults.map((fault) => `${queue}: ${fault}`)),
  };
}
