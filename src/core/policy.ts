/** What a queue does with its jobs unless a job says otherwise: the defaults, and what follows from them. */

import type { Policy, PolicyChange } from '../api/policy.js';

export type { Backoff, Policy, PolicyChange } from '../api/policy.js';

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** What holds when a policy does not say it. `maxSize` and `ttlMs` have no default: there is no such bound then. */
export const defaultPolicy = {
  leaseMs: 0,
  attempts: 25,
  maxCrashes: 5,
  backoff: 'exponential',
  keepDoneMs: 10 * minuteMs,
  keepDoneCount: 100_000,
  keepDeadMs: 7 * dayMs,
  keepDeadCount: 100_000,
} as const satisfies Policy;

/** The policy after a change: what is null is forgotten, so that its default holds again. */
export function changed(policy: Policy, change: PolicyChange): Policy {
  const entries = Object.entries({ ...policy, ...change }).filter(([, value]) => value !== null);
  return Object.fromEntries(entries) as Policy;
}
