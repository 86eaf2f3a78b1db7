/** What programs and handlers do that they should not: it costs no job. Over HTTP and in the process, the same tests. */

import { describe, expect, test } from 'vitest';
import { ways, withServer } from './set-up.js';

describe.each(ways)('a client %s', (way) => {
  const under = withServer(way);

  test('without a lease nothing is leased, and no job is gone', async () => {
    const { presque } = under;
    await presque.push('foo', 1);
    await expect(Promise.resolve(presque.lease('foo', { lease: 0 }))).rejects.toThrow(
      'lease must be longer than that: 0',
    );
    expect(() => presque.work('foo', () => {}, { lease: '0s' })).toThrow(
      'lease must be longer than that: 0s',
    );
    expect(await presque.status('foo')).toMatchObject({ ready: 1 });
  });
});
