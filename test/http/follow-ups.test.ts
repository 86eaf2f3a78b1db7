/** A job that is done and pushes others in the same commit: `application/vnd.presque.done+json`. */

import { describe, expect, it } from 'vitest';
import { expectError, type Leased, stores, useServer } from '../support/http.js';

describe.each(stores)('follow-up jobs on %s', (store) => {
  const client = useServer(store);
  const type = { 'Content-Type': 'application/vnd.presque.done+json' };
  const finish = ({ at, lease }: Leased, body: string) =>
    client.send(`POST ${at}/done?lease=${lease}`, body, type);

  it('enter with the settlement, byte for byte and with options of their own', async () => {
    const leased = await client.pushAndLease('foo');
    const push = [
      '{"queue":"a","job":{"n":12345678901234567890,"x":1,"x":2}}',
      '{"queue":"a","job":[ 1 ],"priority":9,"tags":["t"],"uniq":"k"}',
      '{"queue":"b","job":null,"delay":"1h","attempts":3}',
      '{"queue":"foo","job":"back"}',
    ];
    const reply = await finish(leased, `{"result":{"n":1.0},"push":[${push}]}`);
    expect(reply.status).toBe(200);
    const { pushed } = JSON.parse(reply.text) as { pushed: string[] };
    expect(pushed.map((path) => path.split('/').slice(0, 3).join('/'))).toEqual([
      '/j/a',
      '/j/a',
      '/j/b',
      '/j/foo',
    ]);
    expect(await client.job(pushed[1] ?? '')).toMatchObject({ priority: 9, tags: ['t'], state: 'ready' });
    expect(await client.job(pushed[2] ?? '')).toMatchObject({ state: 'delayed', job: null });
    expect(await client.drain('a')).toEqual(['[ 1 ]', '{"n":12345678901234567890,"x":1,"x":2}']);
    expect(await client.drain('foo')).toEqual(['"back"']);
    expect((await client.ask(`GET ${leased.at}`)).text).toContain('"result":{"n":1.0}');
    const again = await finish(leased, `{"result":{"n":1.0},"push":[${push}]}`);
    expect([again.status, again.text]).toEqual([200, reply.text]);
    expect(await client.read('GET /status/')).toEqual({ queues: ['a', 'b', 'foo'], size: 3 });
    expect(await client.drain('a')).toEqual([]);
  });

  it('may be none, with a result or without', async () => {
    for (const [body, status] of [
      ['{}', 204],
      ['{"result":1}', 204],
      ['{"push":[]}', 200],
      ['', 204],
    ] as const) {
      const reply = await finish(await client.pushAndLease('foo'), body);
      expect([reply.status, reply.text]).toEqual([status, status === 200 ? '{"pushed":[]}' : '']);
    }
  });

  it('whose unique key is held are not pushed: the holder stands for them', async () => {
    const holder = await client.push('/q/bar?uniq=k', '1');
    const leased = await client.pushAndLease('foo');
    const reply = await finish(leased, '{"push":[{"queue":"bar","job":2,"uniq":"k"}]}');
    expect(JSON.parse(reply.text)).toEqual({ pushed: [holder.headers.location] });
    expect(await client.drain('bar')).toEqual(['1']);
  });

  it('may have the key of the job that pushes them', async () => {
    const leased = await client.pushAndLease('foo', 'uniq=k');
    const reply = await finish(leased, '{"push":[{"queue":"foo","job":2,"uniq":"k"}]}');
    expect(JSON.parse(reply.text)).toEqual({ pushed: [expect.not.stringContaining(leased.at)] });
    expect(await client.drain('foo')).toEqual(['2']);
  });

  it('are given to who waits for them', async () => {
    const leased = await client.pushAndLease('foo');
    const waiting = client.ask('GET /q/bar?wait=20s');
    await client.ask('GET /livez');
    await finish(leased, '{"push":[{"queue":"bar","job":"next"}]}');
    expect(await waiting).toMatchObject({ status: 200, text: '"next"' });
  });

  it.each([
    ['{"push":[{"job":1}]}', 'push[0]: queue name is missing'],
    ['{"push":[{"queue":"a"}]}', 'push[0]: job is missing'],
    ['{"push":[{"queue":"a","job":1},{"queue":"..","job":1}]}', 'push[1]: queue name is invalid'],
    [
      '{"push":[{"queue":"a","job":1,"priority":10}]}',
      'push[0]: priority must be a whole number from 0 to 9',
    ],
    ['{"push":[{"queue":"a","job":1,"nonsense":1}]}', /^push\[0\]: .*nonsense/],
    ['{"push":[{"queue":"a","job":1,"job":2}]}', 'push[0]: job is given more than once'],
    ['{"push":[{"queue":"a","job":1,"delay":"1h","delayed":1}]}', /delayed and delay/],
    ['{"push":[1]}', /push/],
    ['{"push":{}}', /push/],
    ['{"push":null}', /push/],
    ['{"nonsense":1}', /nonsense/],
    ['{"result":1,"result":2}', 'result is given more than once'],
    ['[]', 'body must be a JSON object'],
    ['{', /JSON/],
  ])('of %s are 400, and nothing happens', async (body, says) => {
    const leased = await client.pushAndLease('foo');
    expectError(await finish(leased, body), 400, says);
    expect(await client.job(leased.at)).toMatchObject({ state: 'leased' });
    expect(await client.read('GET /status/')).toEqual({ queues: ['foo'], size: 1 });
  });

  it('and results are bounded like jobs', async () => {
    const leased = await client.pushAndLease('foo');
    const large = JSON.stringify('x'.repeat(1024 * 1024));
    expectError(await finish(leased, `{"push":[{"queue":"a","job":${large}}]}`), 413, /larger than/);
    expectError(await finish(leased, `{"result":${large}}`), 413, /result is larger than/);
    const deep = `${'['.repeat(1_001)}${']'.repeat(1_001)}`;
    expectError(await finish(leased, `{"push":[{"queue":"a","job":${deep}}]}`), 400, /nested more than 1000/);
    expect((await finish(leased, `{"push":[{"queue":"a","job":${deep.slice(1, -1)}}]}`)).status).toBe(200);
  });

  it('belong to the trace of the job that pushes them', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await client.send('POST /q/foo', '1', { traceparent });
    await finish(await client.lease('foo'), '{"push":[{"queue":"bar","job":2}]}');
    expect((await client.ask('GET /q/bar?lease=60s')).headers).toMatchObject({ traceparent });
  });

  it('are none of a lease that is lost', async () => {
    const leased = await client.pushAndLease('foo');
    const stale = { ...leased, lease: 'stale' };
    expectError(await finish(stale, '{"push":[{"queue":"bar","job":1}]}'), 409, 'lease lost');
    expect(await client.read('GET /status/')).toEqual({ queues: ['foo'], size: 1 });
  });

  it('are 1,000 at most', async () => {
    const push = (count: number) => `{"push":[${Array(count).fill('{"queue":"a","job":1}').join()}]}`;
    const leased = await client.pushAndLease('foo');
    expectError(await finish(leased, push(1_001)), 400, 'push must be an array of at most 1000 objects');
    expect((await finish(leased, push(1_000))).status).toBe(200);
    expect(await client.read('GET /j/a')).toMatchObject({ job_count: 1_000 });
  });
});
