/** What an export writes is read by an import, with the bytes of the job; anything else is a job itself. */

import { describe, expect, test } from 'vitest';
import { importedOf, recordText } from '../../src/cli/jobs/record.js';
import type { JobView } from '../../src/client/client.js';

const view: JobView = {
  id: '7',
  queue: 'foo',
  state: 'delayed',
  priority: 9,
  tags: ['a', 'b'],
  attempt: 1,
  failures: 1,
  crashes: 0,
  created_at: 1_700_000_000.5,
  run_at: 1_800_000_000.25,
  attempts: [],
};

describe.each([
  '{"n":12345678901234567890, "a":1.0}',
  '{"b":1,"a":2,"b":3}',
  '{"__proto__":{"x":1}}',
  '"\\u2028 \\n"',
  '[1,\r\n 2]',
  'null',
])('the job %j', (job) => {
  test('keeps its bytes on a single line', () => {
    const line = recordText({ ...view, job });
    expect(line).not.toMatch(/[\r\n]/);
    const { priority, tags, run_at, state } = view;
    expect(importedOf(line)).toEqual({ job, priority, tags, run_at, state });
  });

  test('is a job by itself', () => {
    expect(importedOf(job)).toEqual({ job });
  });
});

test('a result is part of the record', () => {
  expect(JSON.parse(recordText({ ...view, state: 'done', job: '1', result: '{"r":\n2}' }))).toMatchObject({
    result: { r: 2 },
  });
});

test.each(['id', 'queue', 'state', 'priority', 'tags', 'run_at', 'created_at'])(
  'what looks like a record but for %s is a job itself',
  (name) => {
    const line = JSON.stringify({ ...view, job: 1, [name]: undefined });
    expect(importedOf(line)).toEqual({ job: line });
  },
);

test('a record that has no job any more has none', () => {
  expect(importedOf(recordText(view)).job).toBeUndefined();
});
