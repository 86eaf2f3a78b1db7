/** `/qb`: many jobs in one request, all or nothing. */

import { describe, expect, it } from 'vitest';
import { expectError, stores, useServer } from '../support/http.js';

const batch = (length: number) => `{"jobs":[${Array.from({ length }, (_, n) => n).join()}]}`;

describe.each(stores)('batches on %s', (store) => {
  const client = useServer(store);
  const size = async () => ((await client.read('GET /j/foo')) as { job_count: number }).job_count;

  it('POST /qb answers 201 with an empty body, and the jobs are there in their order', async () => {
    const reply = await client.send('POST /qb/foo', '{"jobs":[{"a":1},"2",3,null]}');
    expect([reply.status, reply.text]).toEqual([201, '']);
    expect(await client.drain('foo')).toEqual(['{"a":1}', '"2"', '3', 'null']);
  });

  it('GET /qb answers 200 with an array of the jobs as texts, and takes them out', async () => {
    await client.send('POST /qb/foo', '{"jobs":[{"a":1},"2",3]}');
    const reply = await client.ask('GET /qb/foo?batch_size=2');
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe('application/json');
    expect(JSON.parse(reply.text)).toEqual(['{"a":1}', '"2"']);
    expect(await client.read('GET /qb/foo?batch_size=2')).toEqual(['3']);
    expectError(await client.ask('GET /qb/foo?batch_size=2'), 404, 'no job');
    expect(await client.read('GET /j/foo')).toMatchObject({ job_count: 0, job_processed: 3 });
  });

  it('GET /qb without a size gives some jobs', async () => {
    expectError(await client.ask('GET /qb/foo'), 404, 'no job');
    await client.send('POST /qb/foo', batch(1));
    expect(await client.read('GET /qb/foo')).toEqual(['0']);
  });

  it.each(['1001', '2000', '99999999999999999999'])(
    'batch_size=%s gives 1,000 at most',
    async (batchSize) => {
      await client.send('POST /qb/foo', batch(1_500));
      expect(await client.read(`GET /qb/foo?batch_size=${batchSize}`)).toHaveLength(1_000);
      expect(await client.read(`GET /qb/foo?batch_size=${batchSize}`)).toHaveLength(500);
    },
  );

  it.each(['0', '-1', 'ten', '', '1.5', '1e2', '%201', '1&batch_size=1'])(
    'batch_size=%s is 400',
    async (value) => {
      await client.send('POST /qb/foo', batch(3));
      expectError(await client.ask(`GET /qb/foo?batch_size=${value}`), 400, /batch_size/);
      expect(await size()).toBe(3);
    },
  );

  it('takes 10,000 jobs in, and refuses one more altogether', async () => {
    expectError(await client.send('POST /qb/foo', batch(10_001)), 400, /10000|10,000/);
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
    expect((await client.send('POST /qb/foo', batch(10_000))).status).toBe(201);
    expect(await size()).toBe(10_000);
  });

  it('puts nothing in when one of the jobs can not be taken', async () => {
    const deep = `${'['.repeat(1_001)}${']'.repeat(1_001)}`;
    const large = `"${'x'.repeat(1024 * 1024)}"`;
    expectError(await client.send('POST /qb/foo', `{"jobs":[1,${deep},2]}`), 400, /./);
    expectError(await client.send('POST /qb/foo', `{"jobs":[1,${large},2]}`), 413, /./);
    expectError(await client.send('POST /qb/foo', '{"jobs":[1,2,]}'), 400, /JSON/);
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
  });

  it.each([
    '{}',
    '[]',
    '[1,2]',
    'null',
    '1',
    '{"jobs":{}}',
    '{"jobs":null}',
    '{"jobs":"[1]"}',
    '{"jobs":[1],"jobs":2}',
  ])('POST /qb of %s is 400 jobs should be an array of job', async (body) => {
    expectError(await client.send('POST /qb/foo', body), 400, 'jobs should be an array of job');
  });

  it('ignores other members of the body, delayed among them', async () => {
    const body = '{"delayed":99999999999,"x":{"jobs":[9]},"jobs":[1,2],"__proto__":{"jobs":[8]},"uniq":"k"}';
    expect((await client.send('POST /qb/foo', body)).status).toBe(201);
    expect(await client.drain('foo')).toEqual(['1', '2']);
  });

  it('wants a body, of type JSON', async () => {
    const json = { 'Content-Type': 'application/json' };
    const type = 'content-type must be set to application/json';
    expectError(await client.ask('POST /qb/foo', { headers: json }), 400, 'job is missing');
    expectError(await client.send('POST /qb/foo', batch(1), { 'Content-Type': 'text/plain' }), 400, type);
    expectError(await client.ask('POST /qb/foo', { body: batch(1) }), 400, type);
    expectError(await client.send('POST /qb/foo?uniq=k', batch(1)), 400, /uniq/);
  });

  it.each(['PUT', 'DELETE'])('%s is 400, and says that it is not supported', async (method) => {
    await client.send('POST /qb/foo', batch(2));
    expectError(await client.ask(`${method} /qb/foo`), 400, `${method} is not supported in batch mode`);
    expectError(await client.send(`${method} /qb/foo`, '1'), 400, `${method} is not supported in batch mode`);
    expect(await client.read('GET /j/foo')).toMatchObject({ job_count: 2, job_failed: 0 });
  });

  it.each(['GET /qb/', 'POST /qb/', 'GET /qb', 'POST /qb'])(
    '%s is 404 queue name is missing',
    async (line) => {
      expectError(await client.ask(line), 404, 'queue name is missing');
    },
  );
});

describe.each(stores)('many clients on %s', (store) => {
  const client = useServer(store);

  it.each(['q', 'qb'])(
    '16 clients that take by GET /%s at the same time never get a job twice',
    async (route) => {
      await client.send('POST /qb/foo', batch(2_000));
      const got: string[] = [];
      const worker = async () => {
        for (;;) {
          const reply = await client.ask(route === 'q' ? 'GET /q/foo' : 'GET /qb/foo?batch_size=7');
          if (reply.status === 404) return;
          got.push(...(route === 'q' ? [reply.text] : (JSON.parse(reply.text) as string[])));
        }
      };
      await Promise.all(Array.from({ length: 16 }, worker));
      expect(got.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 2_000 }, (_, n) => n));
      expect(await client.read('GET /j/foo')).toMatchObject({ job_count: 0, job_processed: 2_000 });
    },
  );
});
