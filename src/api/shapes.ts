/** The shapes that routes share: names, texts, durations, and what a client reads when a value does not fit. */

import { limits } from './limits.js';

export const queueName = {
  type: 'string',
  pattern: '^(?!\\.{1,2}$)[A-Za-z0-9._:@-]{1,128}$',
  description: 'Name of a queue: 1 to 128 of A-Z a-z 0-9 . _ : @ - (and not "." or "..").',
  says: 'queue name is invalid',
} as const;

export const workerName = {
  type: 'string',
  pattern: '^[!-~]([ -~]{0,126}[!-~])?$',
  description: 'Name of a worker: 1 to 128 printable ASCII characters, no space at either end.',
  says: 'worker_id must be 1 to 128 printable ASCII characters, with no space at either end',
} as const;

export const uniqueKey = {
  type: 'string',
  pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]+$',
  maxBytes: 256,
  description:
    'Unique key: 1 to 256 bytes of UTF-8, no control characters. One job in the queue at a time has it.',
  says: 'uniq must be 1 to 256 bytes, with no control characters',
} as const;

export const epochSeconds = {
  type: 'integer',
  minimum: 0,
  maximum: limits.epochSeconds,
  description: 'A point in time in whole epoch seconds. A past one is due now.',
  says: 'delayed must be whole epoch seconds below 100000000000 (seconds, not milliseconds)',
} as const;

export const delayMs = {
  type: 'integer',
  minimum: 0,
  maximum: limits.delayMs,
  description:
    'How long the job is not to be taken yet: a duration (`5m`, `1h30m`, or seconds) of at most 3650d.',
  says: 'delay must be a duration of at most 3650d, such as 5m',
} as const;

export const priority = {
  type: 'integer',
  minimum: 0,
  maximum: 9,
  description: '0 to 9: jobs of a higher one are taken first. 5 unless told.',
  says: 'priority must be a whole number from 0 to 9',
} as const;

/** Milliseconds, written as a duration. */
export const waitMs = {
  type: 'integer',
  minimum: 0,
  maximum: limits.waitMs,
  description:
    'How long to wait when there is nothing to answer yet: a duration of at most 60s (`20s`, `500ms`, or seconds).',
  says: 'wait must be a duration of at most 60s, such as 20s',
} as const;

export const queueNames = {
  type: 'array',
  items: queueName,
  maxItems: limits.queuesPerTake,
  description: `Names of queues, parted by commas (${limits.queuesPerTake} at most): the first one that has a job gives it.`,
  says: `at most ${limits.queuesPerTake} queues may be named`,
} as const;

export const jobText = {
  type: 'string',
  description: 'The job: any JSON value, kept and handed out byte for byte.',
} as const;

export const jobId = { type: 'string', description: 'Id of a job in its queue, an opaque string.' } as const;

export const count = { type: 'integer', minimum: 0 } as const;

export const queueStatus = {
  type: 'string',
  enum: ['1', '0'],
  description: '"1": open, "0": stopped. A stopped queue takes jobs and gives none.',
} as const;

export type Durability = 'fsync' | 'aof-always' | 'aof-everysec' | 'memory' | 'unknown';

export const durability = {
  type: 'string',
  pattern: '^(fsync|aof-always|aof-everysec|memory|unknown|replicated=[1-9])$',
  description:
    'How far the write had come when it was answered: `fsync` on the disk, `aof-always` on that of Redis, `aof-everysec` there within a second, `replicated=N` in the memory of N replicas too (where that was asked for), `memory` gone with the process, `unknown` where Redis does not say.',
} as const;

export const flag = {
  type: 'string',
  enum: ['1', '0'],
  description: '1: yes, 0: no.',
} as const;

/** Milliseconds, written as a duration. */
export const durationMs = (bounds: {
  minimum?: number;
  maximum: number;
  says: string;
  description: string;
}) => ({ type: 'integer', minimum: 0, ...bounds }) as const;

export const leaseMs = {
  anyOf: [
    { type: 'integer', minimum: 0, maximum: 0 },
    { type: 'integer', minimum: limits.shortestLeaseMs, maximum: limits.longestLeaseMs },
  ],
  description:
    'Lease the job for a duration of 1s to 12h: who does not settle or extend it by then loses it. 0 takes it without a lease. Unless told, the policy of the queue says which.',
  says: 'lease must be 0 or a duration from 1s to 12h, such as 60s',
} as const;

export const extensionMs = durationMs({
  minimum: limits.shortestLeaseMs,
  maximum: limits.longestLeaseMs,
  description:
    'The lease is over so long from now: a duration of 1s to 12h. As long as it was granted for unless told.',
  says: 'for must be a duration from 1s to 12h, such as 60s',
});

export const leaseToken = {
  type: 'string',
  minLength: 1,
  description: 'The token of the lease (`Presque-Lease`): the right to settle, extend and read its one job.',
} as const;

export const attempts = {
  type: 'integer',
  minimum: 1,
  maximum: limits.attempts,
  description:
    'How often the job is tried until it is dead. The policy of the queue says so unless told (25).',
  says: 'attempts must be a whole number from 1 to 1000',
} as const;

export const backoff = {
  anyOf: [
    { type: 'string', enum: ['exponential'] },
    {
      type: 'array',
      minItems: 1,
      maxItems: limits.backoffSteps,
      items: { type: 'integer', minimum: 0, maximum: limits.keepMs },
    },
  ],
  description:
    'How long a failed job waits until it is tried again: `exponential` (n⁴ + 15 s and a little chance after the n-th failure, a day at most), `fixed 30s`, or a list such as `10s,1m,10m` of which the last holds for all that follow.',
  says: 'backoff must be "exponential", "fixed 30s", or up to 100 durations such as 10s,1m,10m',
} as const;

export const ttlMs = durationMs({
  minimum: 1,
  maximum: limits.keepMs,
  description:
    'How long the job may wait: then it is dead, reason `expired`. A duration above 0 of at most 3650d.',
  says: 'ttl must be a duration above 0 of at most 3650d, such as 1h',
});

export const keepMs = durationMs({
  maximum: limits.keepMs,
  description:
    'How long the record of the job and its result stay once it is done: a duration of at most 3650d.',
  says: 'keep must be a duration of at most 3650d, such as 10m',
});

export const tags = {
  type: 'array',
  items: { type: 'string', pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]+$', maxBytes: 128 },
  maxItems: limits.tags,
  description: `A word about the job, 1 to 128 bytes without control characters (repeatable, ${limits.tags} at most).`,
  says: `tag must be 1 to 128 bytes with no control characters, ${limits.tags} times at most`,
} as const;

export const uniqUntil = {
  type: 'string',
  enum: ['taken', 'done'],
  description:
    'When the unique key is free again: once the job is `taken`, or `done` or dead (the default for a job that is leased).',
  says: 'uniq_until must be taken or done',
} as const;

export const idempotencyKey = {
  type: 'string',
  pattern: '^[ -~]+$',
  maxLength: 255,
  description:
    'A repeat under the same key within 24 h pushes nothing and gives the first answer again, with `Idempotency-Replayed: true`. 1 to 255 printable ASCII characters, quoted or bare (draft-ietf-httpapi-idempotency-key-header).',
  says: 'idempotency-key must be 1 to 255 printable ASCII characters, quoted or bare',
} as const;

export const demandedDurability = {
  type: 'string',
  pattern: '^(fsync|memory|aof-always|aof-everysec|replicated=[1-9])$',
  description:
    'How far the write must come before the answer; a 503, and no job, when that can not be met. What is known after the write only (`replicated=N`) is a 503 with `Presque-Job`: the job is stored, and the same `Idempotency-Key` asks again.',
  says: 'durability must be fsync, memory, aof-always, aof-everysec or replicated=N',
} as const;

export const errorText = {
  type: 'string',
  description: 'What went wrong, for people; cut at 65536 characters.',
} as const;

export const jsonValue = {
  type: 'string',
  raw: true,
  description: 'Any JSON value, its very bytes.',
} as const;

export const state = {
  type: 'string',
  enum: ['ready', 'delayed', 'leased', 'done', 'dead'],
  says: 'state must be ready, delayed, leased, done or dead',
} as const;

export const epochWithMs = {
  type: 'number',
  description: 'Epoch seconds with three decimals.',
} as const;

export const traceparent = {
  type: 'string',
  description:
    'The trace that the job belongs to (W3C Trace Context); who takes the job under a lease gets it back. One that is not valid is ignored, as that text demands.',
} as const;

export const reason = {
  type: 'string',
  enum: ['failed', 'crashed', 'cancelled', 'expired', 'damaged'],
  description: 'Why it is dead.',
} as const;

export const delivery = {
  type: 'string',
  enum: ['at-most-once', 'at-least-once'],
  description: 'What is promised: `at-least-once` under a lease, else `at-most-once`.',
} as const;

export const text = { type: 'string' } as const;
