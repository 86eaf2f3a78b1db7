/** The Lua scripts: those of one queue, and those of the index over all queues; each with what it shares with others before it. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { attemptsKept, defaultPriority } from '../../core/job.js';
import { earlierErrorChars } from '../../core/moves.js';
import { defaultPolicy } from '../../core/policy.js';
import { ripenStep, scanBytes, scanStep, seenStepMs, singlesBytes, tendQueues, tendStep } from '../calls.js';

const life = ['_queue', '_life'];

/** Which parts a script needs, and whether it goes on when Redis is full: what makes room, or takes none to speak of, does. */
const ofQueues = {
  push: { parts: [...life, '_once'], whenFull: false },
  take: { parts: [...life, '_given'], whenFull: true },
  restore: { parts: [...life, '_given'], whenFull: true },
  settle: { parts: [...life, '_outbox'], whenFull: true },
  deliver: { parts: [...life, '_once'], whenFull: true },
  delivered: { parts: ['_queue'], whenFull: true },
  confirm: { parts: ['_queue', '_once'], whenFull: true },
  steer: { parts: [...life, '_paging'], whenFull: true },
  job: { parts: life, whenFull: true },
  list: { parts: [...life, '_paging'], whenFull: true },
  purge: { parts: ['_queue'], whenFull: true },
  tend: { parts: [...life, '_outbox'], whenFull: true },
  setQueue: { parts: ['_queue'], whenFull: false },
  queue: { parts: life, whenFull: true },
  held: { parts: ['_queue'], whenFull: true },
  ends: { parts: ['_queue'], whenFull: true },
  keys: { parts: [], whenFull: true },
  startQueue: { parts: ['_queue'], whenFull: false },
  putJobs: { parts: ['_queue'], whenFull: false },
  putKeys: { parts: ['_queue', '_once'], whenFull: false },
  finishQueue: { parts: ['_queue'], whenFull: false },
} as const satisfies Table;

const ofIndex = {
  tell: { parts: ['_index'], whenFull: true },
  due: { parts: ['_index'], whenFull: true },
  queues: { parts: [], whenFull: true },
  register: { parts: ['_registry'], whenFull: false },
  unregister: { parts: ['_registry'], whenFull: true },
  worked: { parts: ['_registry'], whenFull: true },
  workers: { parts: ['_registry'], whenFull: true },
  staff: { parts: ['_registry'], whenFull: true },
  probe: { parts: [], whenFull: false },
  note: { parts: [], whenFull: true },
  strays: { parts: [], whenFull: true },
  enlist: { parts: ['_index'], whenFull: true },
  putWorker: { parts: ['_registry'], whenFull: false },
} as const satisfies Table;

type Table = { readonly [script: string]: { readonly parts: readonly string[]; readonly whenFull: boolean } };

const table: Table = { ...ofQueues, ...ofIndex };

/** What the scripts have in common with the other stores, said to them in Lua. */
const bounds = {
  seenStepMs,
  ripenStep,
  scanStep,
  scanBytes,
  tendStep,
  tendQueues,
  singlesBytes,
  attemptsKept,
  earlierErrorChars,
  defaultPriority,
};

function luaTable(name: string, members: { readonly [name: string]: number | string }): string {
  const lines = Object.entries(members).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return `local ${name} = { ${lines.join(', ')} }`;
}

export type ScriptName = keyof typeof ofQueues | keyof typeof ofIndex;

export interface Script {
  readonly text: string;
  /** As Redis names it once it is loaded. */
  readonly sha: string;
}

const read = (name: string) =>
  readFileSync(fileURLToPath(new URL(`./lua/${name}.lua`, import.meta.url)), 'utf8');

export function readScripts(): { readonly [N in ScriptName]: Script } {
  const common = [luaTable('bounds', bounds), luaTable('defaults', defaultPolicy)];
  const scripts = Object.entries(table).map(([name, { parts, whenFull }]) => {
    const head = `#!lua${whenFull ? ' flags=allow-oom' : ''}`;
    const text = [head, ...common, ...['_lib', ...parts, name].map(read)].join('\n');
    return [name, { text, sha: createHash('sha1').update(text).digest('hex') }];
  });
  return Object.fromEntries(scripts) as { [N in ScriptName]: Script };
}
