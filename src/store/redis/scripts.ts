/** The Lua scripts, one per method of the store, each with what it shares with others before it. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { attemptsKept, defaultPriority } from '../../core/job.js';
import { earlierErrorChars } from '../../core/moves.js';
import { defaultPolicy } from '../../core/policy.js';
import { ripenStep, scanBytes, scanStep, seenStepMs, singlesBytes, tendQueues, tendStep } from '../calls.js';

/** Which parts a script needs, and whether it goes on when Redis is full: what makes room, or takes none to speak of, does. */
const table = {
  push: { parts: ['_life', '_workers'], whenFull: false },
  take: { parts: ['_life', '_workers'], whenFull: true },
  restore: { parts: ['_life', '_workers'], whenFull: true },
  settle: { parts: ['_life', '_workers'], whenFull: true },
  steer: { parts: ['_life', '_paging'], whenFull: true },
  job: { parts: ['_life'], whenFull: true },
  list: { parts: ['_life', '_paging'], whenFull: true },
  purge: { parts: ['_workers'], whenFull: true },
  tend: { parts: ['_life'], whenFull: true },
  setQueue: { parts: [], whenFull: false },
  queue: { parts: ['_life', '_workers'], whenFull: true },
  queues: { parts: [], whenFull: true },
  register: { parts: ['_workers'], whenFull: false },
  unregister: { parts: ['_workers'], whenFull: true },
  workers: { parts: ['_workers'], whenFull: true },
  probe: { parts: [], whenFull: false },
} as const satisfies { [method: string]: { parts: readonly string[]; whenFull: boolean } };

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

export type ScriptName = keyof typeof table;

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
