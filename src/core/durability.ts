/** How far a push must have come before it is answered (`Prefer: durability=…`), and how far it has. */

import { ApiError } from '../api/errors.js';
import type { Pushed } from '../store/calls.js';
import type { Store } from '../store/store.js';

type Promises = Pick<Store, 'durability' | 'replicas'>;

/** Replicas to wait for, if any. */
export interface Demand {
  readonly replicas?: number;
}

/** From the weakest on. */
const levels = [['memory'], ['aof-everysec'], ['fsync', 'aof-always']];
const levelOf = (name: string) => levels.findIndex((names) => names.includes(name));

/** Throws `not_durable`, with nothing pushed, where it is known before that the demand can't be met. */
export function demandOf(demanded: string | undefined, store: Promises): Demand {
  if (demanded === undefined) return {};
  const replicas = Number(/^replicated=(\d)$/.exec(demanded)?.[1] ?? 0);
  const level = levelOf(demanded);
  const isMet = replicas > 0 ? replicas <= store.replicas : level >= 0 && level <= levelOf(store.durability);
  const has = replicas > 0 ? `replicas: ${store.replicas}` : store.durability;
  if (!isMet) {
    const message = `durability ${demanded} can not be met: this store has ${has}`;
    throw new ApiError('not_durable', { message });
  }
  return replicas > 0 ? { replicas } : {};
}

/** What is said of a push that was stored. Throws `not_durable`, though it stays, when too few replicas have it. */
export function durabilityOf(
  queue: string,
  { ids, replicas = 0 }: Extract<Pushed, { ids: unknown }>,
  demand: Demand,
  store: Promises,
): string {
  if (demand.replicas === undefined) return store.durability;
  if (replicas >= demand.replicas) return `replicated=${demand.replicas}`;
  const [id] = ids;
  const isOne = ids.length === 1;
  // The ids of a batch are more than a header can have.
  throw new ApiError('not_durable', {
    message: `${isOne ? 'the job is stored' : 'the jobs are stored'}, but ${replicas} of ${demand.replicas} replicas had it in time`,
    ...(isOne && { headers: ['Location', `/j/${queue}/${id}`, 'Presque-Job', String(id)] }),
  });
}
