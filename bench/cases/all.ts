// The list of cases: a new one is a file beside this one, and a line here.
import type { Case } from '../types.js';
import { lease } from './lease.js';
import { push } from './push.js';
import { take } from './take.js';
import { wake } from './wake.js';
import { worker } from './worker.js';

export const cases: readonly Case[] = [push, take, lease, wake, worker];

export function caseNamed(name: string): Case {
  const found = cases.find((one) => one.name === name);
  if (!found) throw new Error(`no case ${name}`);
  return found;
}
