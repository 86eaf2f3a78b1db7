/** The JSON Schemas that the contract is made of, and the TypeScript type that each one stands for. */

/** The part of JSON Schema (2020-12) that presque uses. `says` is the sentence a client reads when a value does not fit. */
export interface Schema {
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array';
  readonly const?: string | number | boolean;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** Bytes of UTF-8; an annotation for other tools, since JSON Schema counts characters. */
  readonly maxBytes?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly properties?: { readonly [name: string]: Schema };
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly description?: string;
  readonly says?: string;
}

/** The value that fits a schema. */
export type Infer<S> = S extends { const: infer C }
  ? C
  : S extends { enum: readonly (infer E)[] }
    ? E
    : S extends { type: 'string' }
      ? string
      : S extends { type: 'integer' | 'number' }
        ? number
        : S extends { type: 'boolean' }
          ? boolean
          : S extends { type: 'array'; items: infer I }
            ? Infer<I>[]
            : S extends { type: 'object'; properties: infer P }
              ? InferObject<P, S extends { required: readonly (infer K)[] } ? K : never>
              : unknown;

type InferObject<P, Required> = { [K in keyof P as K extends Required ? K : never]: Infer<P[K]> } & {
  [K in keyof P as K extends Required ? never : K]?: Infer<P[K]>;
};

/** An object of which every member is there, and none else. */
export function object<const P extends { readonly [name: string]: Schema }>(properties: P) {
  const required = Object.keys(properties) as readonly (keyof P & string)[];
  return { type: 'object', properties, required, additionalProperties: false } as const;
}

export function array<const I extends Schema>(items: I) {
  return { type: 'array', items } as const;
}

/** Bounds that clients may rely on. */
export const limits = {
  jobsPerPush: 10_000,
  jobsPerTake: 1_000,
  queuesPerTake: 100,
  waitMs: 60_000,
  delayMs: 3_650 * 86_400_000,
  jobDepth: 1_000,
  queuesPerList: 100_000,
  workers: 10_000,
  workersPerList: 1_000,
  queuesPerWorker: 100,
  /** An answer with several jobs ends before the job that would make it larger than this; the first is always in. */
  answerBytes: 16 * 1024 * 1024,
  epochSeconds: 99_999_999_999,
} as const;

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
    'How long to wait for a job when there is none: a duration of at most 60s (`20s`, `500ms`, or seconds).',
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

export const durability = {
  type: 'string',
  enum: ['fsync', 'memory'],
  description:
    'How far the write had come when it was answered: `fsync` on the disk, `memory` gone with the process.',
} as const;

export const flag = {
  type: 'string',
  enum: ['1', '0'],
  description: '1: yes, 0: no.',
} as const;
