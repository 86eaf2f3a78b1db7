/** Two looks at a queue tell what happened between them, and nothing that did not. */

import { expect, test } from 'vitest';
import { changes, type Look, windowSize } from '../../src/cli/tail/look.js';

type Job = Look['jobs'] extends ReadonlyMap<string, infer J> ? J : never;
type Some = Partial<Job> & { readonly id: string; readonly state: Job['state'] };

function look(jobs: Some[], { processed = 0, full = [] as Job['state'][] } = {}): Look {
  const seen = jobs.map(
    (job): Job => ({
      attempt: 0,
      created_at: Number(job.id),
      run_at: 0,
      reason: undefined,
      worker: undefined,
      error: undefined,
      ...job,
    }),
  );
  return {
    jobs: new Map(seen.map((job) => [job.id, job])),
    full: new Set(full),
    latest: Math.max(0, ...seen.map(({ created_at }) => created_at)),
    processed,
  };
}

const told = (before: Look, now: Look) =>
  [...changes(before, now)].map(({ id = '-', state, count }) => [id, state, count].filter(Boolean).join(' '));

test('nothing happened when nothing is different', () => {
  const jobs: Some[] = [
    { id: '1', state: 'ready' },
    { id: '2', state: 'done' },
  ];
  expect(told(look(jobs), look(jobs))).toEqual([]);
});

test('a job that is new, or in another state, or tried again, is told', () => {
  const before = look([
    { id: '1', state: 'ready' },
    { id: '2', state: 'leased', attempt: 1 },
    { id: '3', state: 'leased', attempt: 1 },
  ]);
  const now = look(
    [
      { id: '1', state: 'leased', attempt: 1 },
      { id: '3', state: 'leased', attempt: 2 },
      { id: '4', state: 'delayed' },
      { id: '2', state: 'done', attempt: 1 },
    ],
    { processed: 1 },
  );
  expect(told(before, now)).toEqual(['1 leased', '3 leased', '4 delayed', '2 done']);
});

test('a job that was taken for good is gone; a record that is over is not', () => {
  const before = look([
    { id: '1', state: 'ready' },
    { id: '2', state: 'done' },
  ]);
  expect(told(before, look([], { processed: 1 }))).toEqual(['1 gone']);
});

test('what came and went between two looks is known by numbers', () => {
  expect(told(look([]), look([], { processed: 7 }))).toEqual(['- processed 7']);
});

test('a job that moves up to where it is looked at is no news', () => {
  const ready = (from: number, many: number) =>
    Array.from(
      { length: many },
      (_, at): Some => ({ id: String(from + at), state: 'ready', created_at: from + at }),
    );
  const before = { ...look(ready(1, windowSize), { full: ['ready'] }), latest: 1_000 };
  const now = look(ready(11, windowSize), { processed: 10, full: ['ready'] });
  expect(told(before, now)).toEqual(['- processed 10']);
});

test('older records that move up behind known ones are no news', () => {
  const before = look(
    [
      { id: '9', state: 'done' },
      { id: '8', state: 'done' },
    ],
    { full: ['done'], processed: 9 },
  );
  const now = look(
    [
      { id: '10', state: 'done' },
      { id: '9', state: 'done' },
      { id: '7', state: 'done' },
    ],
    { full: ['done'], processed: 10 },
  );
  expect(told(before, now)).toEqual(['10 done']);
});
