/** The mark in a store that is filled from another one: from which, and how far. */

import type { Archive } from './archive.js';

export const markNote = 'mark';
const identityNote = 'identity';

export interface Mark {
  /** The other one's `identity`. */
  readonly source: string;
  /** Its URL as it may be shown. */
  readonly from: string;
  readonly isWhole: boolean;
  /** What is whole so far. */
  readonly queues: number;
  readonly jobs: number;
  readonly workers: number;
  /** How many of the jobs were damaged. */
  readonly damaged: number;
  /** The last queue that is whole. */
  readonly after?: string;
  /** How far the next queue is. */
  readonly under?: { readonly queue: string; readonly way: Way };
}

/** How far the jobs of a queue are copied: how many there were in each state, and where to go on. */
export interface Way {
  readonly counts: { readonly [state: string]: number };
  readonly after?: string;
}

export const readMark = async (archive: Archive) => parseMark(await archive.note({ name: markNote }));

export async function writeMark(archive: Archive, mark: Mark) {
  await archive.note({ name: markNote, text: JSON.stringify(mark) });
}

/** Nothing, if it was never asked before. */
export const knownIdentityOf = (archive: Archive) => archive.note({ name: identityNote });

/** What tells this store from all others, wherever it is moved: `fresh`, if it was never asked before. */
export async function identityOf(archive: Archive, fresh: string): Promise<string> {
  return (await archive.note({ name: identityNote, text: fresh, unlessThere: true })) ?? fresh;
}

export function parseMark(text: string | undefined): Mark | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Mark);
}

/** What is wrong with a store that has this mark, if something is: it goes on after the store's name. */
export function unfinished(mark: Mark | undefined): string | undefined {
  if (!mark || mark.isWhole) return undefined;
  return `is not filled yet from ${mark.from}: run presque migrate once more`;
}
