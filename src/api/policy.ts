/** The members of a queue's policy: what POST /control takes, what is kept, and what /status shows. */

import { limits } from './limits.js';
import type { Field } from './route.js';
import type { Infer } from './schema.js';
import { attempts, backoff, count, durationMs, leaseMs } from './shapes.js';

const keepMs = (description: string, says: string) =>
  durationMs({ maximum: limits.keepMs, says, description });

const keepCount = (name: string) =>
  ({
    ...count,
    maximum: limits.keepCount,
    says: `${name} must be a whole number from 0 to ${limits.keepCount}`,
  }) as const;

/** A member that is null goes back to its default. */
export const policyFields = {
  leaseMs: {
    schema: {
      ...leaseMs,
      description: 'Lease of a fetch that names none; 0 takes without a lease (default 0).',
    },
    member: 'lease',
    form: 'duration',
    nullable: true,
  },
  attempts: {
    schema: { ...attempts, description: 'How often a job is tried until it is dead (default 25).' },
    member: 'attempts',
    nullable: true,
  },
  maxCrashes: {
    schema: {
      ...attempts,
      description: 'How many leases may run out on a job until it is dead (default 5).',
      says: 'max_crashes must be a whole number from 1 to 1000',
    },
    member: 'max_crashes',
    nullable: true,
  },
  backoff: { schema: backoff, member: 'backoff', form: 'backoff', nullable: true },
  keepDoneMs: {
    schema: keepMs(
      'How long the record of a done job stays (default 10m, for jobs that were leased; set, for all).',
      'keep_done must be a duration of at most 3650d, such as 10m',
    ),
    member: 'keep_done',
    form: 'duration',
    nullable: true,
  },
  keepDoneCount: {
    schema: {
      ...keepCount('keep_done_count'),
      description: 'How many records of done jobs stay, the latest (default 100000).',
    },
    member: 'keep_done_count',
    nullable: true,
  },
  keepDeadMs: {
    schema: keepMs(
      'How long a dead job stays (default 7d).',
      'keep_dead must be a duration of at most 3650d, such as 7d',
    ),
    member: 'keep_dead',
    form: 'duration',
    nullable: true,
  },
  keepDeadCount: {
    schema: {
      ...keepCount('keep_dead_count'),
      description: 'How many dead jobs stay, the latest (default 100000).',
    },
    member: 'keep_dead_count',
    nullable: true,
  },
  maxSize: {
    schema: {
      ...count,
      maximum: 1_000_000_000,
      description: 'How many jobs may wait, ready and delayed; one more push is a 429 (no bound unless set).',
      says: 'max_size must be a whole number from 0 to 1000000000',
    },
    member: 'max_size',
    nullable: true,
  },
  ttlMs: {
    schema: durationMs({
      minimum: 1,
      maximum: limits.keepMs,
      description: 'How long a job may wait until it is dead (for ever unless set).',
      says: 'ttl must be a duration above 0 of at most 3650d, such as 1h',
    }),
    member: 'ttl',
    form: 'duration',
    nullable: true,
  },
} as const satisfies { [name: string]: Field };

type PolicyFields = typeof policyFields;

export type Backoff = Infer<typeof backoff>;

/** What was set; the rest is `defaultPolicy`. Durations are milliseconds. */
export type Policy = { readonly [K in keyof PolicyFields]?: Infer<PolicyFields[K]['schema']> };

/** What is to be set; null forgets it. */
export type PolicyChange = { readonly [K in keyof Policy]?: Policy[K] | null };
