/** What a worker says of its lease: done with a result, or given back; once, and again with the same answer. */

import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

const json = { 'Content-Type': 'application/json' };

describe.each(stores)('settlements on %s', (store) => {
  const client = useServer(store);

  it('done is 204, and the record stays with the attempt in it', async () => {
    const leased = await client.pushAndLease('foo');
    const reply = await client.settle(leased, 'done');
    expect([reply.status, reply.text]).toEqual([204, '']);
    const job = await client.job(leased.at);
    expect(job).toMatchObject({ state: 'done', attempt: 1, attempts: [{ attempt: 1, outcome: 'done' }] });
    expect(job).not.toHaveProperty('result');
    expect(await client.read('GET /j/foo')).toMatchObject({ job_count: 0, job_processed: 1, job_failed: 0 });
  });

  it.each([
    '{"n":12345678901234567890, "a":1,"a":2}',
    '1e400',
    '"\\u00e9 é"',
    ' [1.0,  2]\n',
    'null',
    '{"__proto__":1}',
    '{"result":1,"push":[]}',
  ])('keeps the result %s byte for byte, of whatever content type', async (result) => {
    const types = ['application/json', 'application/x-www-form-urlencoded', 'text/plain', undefined];
    for (const type of types) {
      const leased = await client.pushAndLease('foo');
      const headers = type === undefined ? {} : { 'Content-Type': type };
      const body = Buffer.from(result);
      const line = `POST ${leased.at}/done?lease=${leased.lease}`;
      const reply = await client.ask(line, {
        headers: { ...headers, 'Content-Length': `${body.length}` },
        body,
      });
      expect(reply.status, reply.text).toBe(204);
      expect((await client.ask(`GET ${leased.at}`)).text).toContain(`"result":${result}`);
    }
  });

  it.each(['{', '{"a":}', 'hello', '1 2', "{'a':1}"])(
    'refuses the result %s, and the lease stays',
    async (body) => {
      const leased = await client.pushAndLease('foo');
      expectError(await client.settle(leased, 'done', body), 400, /JSON/);
      expect(await client.job(leased.at)).toMatchObject({ state: 'leased' });
      expect((await client.settle(leased, 'done', '1')).status).toBe(204);
    },
  );

  it('refuses a result in an encoding or a charset that it does not know', async () => {
    const { at, lease } = await client.pushAndLease('foo');
    const line = `POST ${at}/done?lease=${lease}`;
    expect((await client.send(line, '1', { 'Content-Encoding': 'gzip' })).status).toBe(415);
    const latin = { 'Content-Type': 'application/json; charset=latin1' };
    expectError(await client.send(line, '1', latin), 400, 'charset must be utf-8');
    expect(await client.job(at)).toMatchObject({ state: 'leased' });
  });

  it('release gives the job back to its place, and no attempt is spent', async () => {
    await client.send('POST /qb/foo', '{"jobs":[1,2]}');
    const leased = await client.lease('foo');
    const reply = await client.settle(leased, 'release');
    expect([reply.status, JSON.parse(reply.text)]).toEqual([200, { state: 'ready' }]);
    const again = await client.lease('foo');
    expect(again.reply).toMatchObject({ text: '1', headers: { 'presque-attempt': '1' } });
    expect(again.lease).not.toBe(leased.lease);
    expect(await client.job(again.at)).toMatchObject({
      failures: 0,
      crashes: 0,
      attempts: [{ attempt: 1, outcome: 'released' }],
    });
    expect(await client.read('GET /j/foo')).toMatchObject({ job_processed: 0, job_failed: 0 });
  });

  it('without a lease is 400, with another one 409, of another job 404', async () => {
    const leased = await client.pushAndLease('foo');
    const other = await client.pushAndLease('foo');
    await client.push('/q/bar', '1');
    for (const act of ['done', 'fail', 'release', 'extend']) {
      expectError(await client.ask(`POST ${leased.at}/${act}`), 400, 'lease is missing');
      expectError(await client.ask(`POST ${leased.at}/${act}?lease=`), 400, 'lease is missing');
      expectError(await client.settle({ ...leased, lease: 'wrong' }, act), 409, 'lease lost');
      expectError(await client.settle({ ...leased, lease: other.lease }, act), 409, 'lease lost');
      for (const at of [
        `/j/bar/${leased.id}`,
        '/j/foo/999999',
        '/j/foo/x',
        '/j/never/1',
        '/j/foo/-1',
        '/j/foo/0',
      ]) {
        expectError(await client.settle({ ...leased, at }, act), 404, 'no such job');
      }
      expectError(await client.settle({ ...leased, at: '/j/a%20b/1' }, act), 400, 'queue name is invalid');
    }
    expect(await client.job(leased.at)).toMatchObject({ state: 'leased', attempts: [] });
  });

  it.each([
    { act: 'done', body: '{"a":1}', others: ['fail', 'release', 'extend'] },
    { act: 'fail', body: '{"error":"x"}', others: ['done', 'release', 'extend'] },
    { act: 'release', body: undefined, others: ['done', 'fail', 'extend'] },
    { act: 'fail', body: '{"dead":true}', others: ['done', 'release', 'extend'] },
  ])('$act $body twice has the same answer and is done once; $others are lost then', async (settlement) => {
    const { act, body, others } = settlement;
    const leased = await client.pushAndLease('foo');
    const first = await client.settle(leased, act, body);
    expect(first.status).toBeLessThan(300);
    const before = await client.job(leased.at);
    const counters = await client.read('GET /j/foo');
    for (let again = 0; again < 2; again++) {
      const repeat = await client.settle(leased, act, body);
      expect([repeat.status, repeat.text]).toEqual([first.status, first.text]);
    }
    for (const other of others) expectError(await client.settle(leased, other), 409, 'lease lost');
    expect(await client.job(leased.at)).toEqual(before);
    expect(await client.read('GET /j/foo')).toEqual(counters);
  });

  it('a repeat is known after the job was leased anew, and ended', async () => {
    const first = await client.pushAndLease('foo');
    const answer = await client.settle(first, 'release');
    const second = await client.lease('foo');
    expect((await client.settle(first, 'release')).text).toBe(answer.text);
    expectError(await client.settle(first, 'done'), 409, 'lease lost');
    expect((await client.settle(second, 'done')).status).toBe(204);
    expect((await client.settle(first, 'release')).text).toBe(answer.text);
    expectError(await client.settle(second, 'release'), 409, 'lease lost');
  });

  it('is unknown when its record was not kept', async () => {
    const leased = await client.pushAndLease('foo', 'keep=0');
    expect((await client.settle(leased, 'done')).status).toBe(204);
    expectError(await client.settle(leased, 'done'), 404, 'no such job');
    expectError(await client.ask(`GET ${leased.at}`), 404, 'no such job');
  });

  it('of a queue that was deleted meanwhile is 404, and brings nothing back', async () => {
    const leased = await client.pushAndLease('foo');
    await client.ask('DELETE /q/foo');
    expectError(await client.settle(leased, 'release'), 404, 'no such job');
    await client.push('/q/foo', '2');
    expectError(await client.settle(leased, 'release'), 404, 'no such job');
    expect(await client.drain('foo')).toEqual(['2']);
  });

  it('counts for the worker that had the lease', async () => {
    await client.send('POST /w/foo', '{"worker_id":"w1"}');
    await client.push('/q/foo', '1');
    await client.push('/q/foo', '2');
    const done = await client.lease('foo', 'lease=60s&worker_id=w1');
    const failed = await client.lease('foo', 'lease=60s', { 'X-presque-workerid': 'w1' });
    const doing = [done, failed].map(({ id }) => ({ queue: 'foo', id, since: expect.any(Number) }));
    expect(await client.read('GET /w/?worker_id=w1')).toMatchObject({ processed: '0', doing });
    await client.settle(done, 'done');
    await client.settle(failed, 'fail');
    expect(await client.read('GET /w/?worker_id=w1')).toMatchObject({
      processed: '1',
      failed: '1',
      doing: [],
    });
    expect(await client.job(done.at)).toMatchObject({ attempts: [{ worker: 'w1' }] });
  });

  it.each(['fail', 'release', 'extend'])('%s takes a body of any content type, or none', async (act) => {
    for (const headers of [json, { 'Content-Type': 'text/plain' }, {}]) {
      const { at, lease } = await client.pushAndLease('foo');
      const body = `{"lease":${JSON.stringify(lease)}}`;
      const length = { 'Content-Length': `${body.length}` };
      expect(
        (await client.ask(`POST ${at}/${act}`, { headers: { ...headers, ...length }, body })).status,
      ).toBe(200);
    }
  });

  it.each([
    ['fail', '{"nonsense":1}', /nonsense/],
    ['fail', '{"error":1}', /error/],
    ['fail', '{"dead":"yes"}', 'dead must be true or false'],
    ['fail', '{"error":"a","error":"b"}', /error is given more than once/],
    ['release', '{"error":"x"}', /error/],
    ['extend', '{"delay":"5s"}', /delay/],
    ['extend', '{"progress":2}', 'progress must be a number from 0 to 1'],
    ['extend', '{"progress":-0.1}', 'progress must be a number from 0 to 1'],
    ['extend', '{"progress":"0.5"}', 'progress must be a number from 0 to 1'],
    ['extend', '{"note":1}', /note/],
    ['extend', '{"for":"13h"}', 'for must be a duration from 1s to 12h, such as 60s'],
    ['extend', '{"for":"0"}', 'for must be a duration from 1s to 12h, such as 60s'],
    ['fail', '[]', 'body must be a JSON object'],
    ['fail', '{"delay":', /JSON/],
  ] as const)('%s %s is 400 and changes nothing', async (act, body, says) => {
    const leased = await client.pushAndLease('foo');
    const before = await client.job(leased.at);
    expectError(await client.settle(leased, act, body), 400, says);
    expect(await client.job(leased.at)).toEqual(before);
  });
});
