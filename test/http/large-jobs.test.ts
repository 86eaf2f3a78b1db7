/** Jobs of the largest size, asked for by many at once: everybody gets one, though not all of them go together. */

import { describe, expect, it } from 'vitest';
import { stores, useServer } from '../support/http.js';

const count = 80;
const text = JSON.stringify('x'.repeat(1024 * 1024 - 2));

describe.each(stores)('large jobs on %s', (store) => {
  const client = useServer(store);

  it.each(['', '?lease=60s'])('are given to each of many that ask at once: GET /q/foo%s', async (query) => {
    for (let pushed = 0; pushed < count; pushed++) await client.push('/q/foo', text);
    const asked = Array.from({ length: count }, () => client.ask(`GET /q/foo${query}`));
    const replies = await Promise.all(asked);
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
    expect(new Set(replies.map(({ headers }) => headers['presque-job'])).size).toBe(count);
  });

  it('behind more jobs that waited too long than one take looks at are given at the first try', async () => {
    await client.send(
      'POST /qb/foo?ttl=0.001',
      JSON.stringify({ jobs: Array.from({ length: 5_000 }, () => 0) }),
    );
    await client.push('/q/foo', '1');
    expect((await client.ask('GET /q/foo')).text).toBe('1');
  });
});
