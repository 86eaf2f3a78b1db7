// The list of cases: a new one is a file beside this one, and a line here.
import type { Case } from '../types.js';
import { push } from './push.js';
import { take } from './take.js';

export const cases: readonly Case[] = [push, take];
