/** The dashboard, the health checks, and the contract as OpenAPI. */

import { describe, expect, it } from 'vitest';
import { stores, useServer } from '../support/http.js';

describe.each(stores)('the page at / on %s', (store) => {
  const client = useServer(store);
  const rowOf = (page: string, queue: string) =>
    new RegExp(`<tr>(?:(?!</tr>).)*>${queue}<.*?</tr>`, 's')
      .exec(page)?.[0]
      .replace(/<[^>]+>/g, ' ')
      .trim()
      .split(/\s+/);

  it('shows the curl for a first job when there is no queue', async () => {
    const reply = await client.ask('GET /');
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe('text/html; charset=utf-8');
    const Host = `127.0.0.1:${client.port}`;
    const text = reply.text.replace(/&#39;/g, "'").replace(/&quot;/g, '"');
    expect(text).toMatch(/curl .*-H 'Content-Type: application\/json'/);
    expect(text).toContain(`http://${Host}/q/`);
    expect(reply.text).not.toContain('<script');
    expect(reply.text).not.toContain('"key"');
  });

  it('shows the sizes and counters of every queue as they are now', async () => {
    await client.send('POST /qb/foo', `{"jobs":[${Array.from({ length: 41 }).fill(1).join()}]}`);
    await client.ask('GET /qb/foo?batch_size=17');
    for (const job of ['1', '2', '3']) await client.send('PUT /q/foo', job);
    await client.push('/q/a:b@c?delayed=99999999999', '1');
    const page = (await client.ask('GET /')).text;
    expect(rowOf(page, 'foo')).toEqual(expect.arrayContaining(['foo', '27', '17', '3']));
    expect(rowOf(page, 'a:b@c')).toEqual(expect.arrayContaining(['a:b@c', '0', '1']));
    await client.ask('GET /q/foo');
    await client.send('POST /control/foo', '{"status":"stop"}');
    const later = rowOf((await client.ask('GET /')).text, 'foo');
    expect(later).toEqual(expect.arrayContaining(['26', '18', '3']));
    expect(later?.join(' ')).toMatch(/stop/);
    await client.ask('DELETE /q/foo');
    expect(rowOf((await client.ask('GET /')).text, 'foo')).toBeUndefined();
  });

  it('shows no job, and lets nothing run or be framed', async () => {
    await client.push('/q/foo', '"<script>alert(1)</script>"');
    const reply = await client.ask('GET /?');
    expect(reply.text).not.toContain('alert');
    expect(reply.headers['content-security-policy']).toMatch(/default-src 'none'/);
    expect(reply.headers['x-content-type-options']).toBe('nosniff');
    expect(reply.headers['x-frame-options']).toBe('DENY');
  });

  it('shows very many queues in bounded size', async () => {
    const pushes = Array.from({ length: 300 }, (_, n) => client.push(`/q/queue-${n}`, '1'));
    await Promise.all(pushes);
    const reply = await client.ask('GET /');
    expect(reply.status).toBe(200);
    expect(reply.text).toContain('300 queues');
  });

  it.each(['/livez', '/readyz'])('GET %s answers 200 in JSON', async (path) => {
    expect(await client.read(`GET ${path}`)).toBeTypeOf('object');
    expect(await client.read('GET /status/')).toEqual({ queues: [], size: 0 });
  });
});

type Json = { [member: string]: unknown };
type Operation = { operationId?: string; parameters?: { name: string; in: string }[]; responses: Json };

describe('/openapi.json', () => {
  const client = useServer('memory:');
  const document = async () =>
    (await client.read('GET /openapi.json')) as Json & { paths: { [path: string]: Json } };

  it.each([
    ['/q/{queue}', 'get', 'post', 'put', 'delete'],
    ['/qb/{queue}', 'get', 'post', 'put', 'delete'],
    ['/status/', 'get'],
    ['/status/{queue}', 'get'],
    ['/j/{queue}', 'get', 'post'],
    ['/j/{queue}/{id}', 'get', 'delete'],
    ['/j/{queue}/{id}/why', 'get'],
    ['/j/{queue}/{id}/done', 'post'],
    ['/j/{queue}/{id}/fail', 'post'],
    ['/j/{queue}/{id}/release', 'post'],
    ['/j/{queue}/{id}/extend', 'post'],
    ['/j/{queue}/{id}/retry', 'post'],
    ['/j/{queue}/{id}/cancel', 'post'],
    ['/jb/{queue}', 'post'],
    ['/control/{queue}', 'get', 'post'],
    ['/w/', 'get'],
    ['/w/{queue}', 'get', 'post', 'delete'],
    ['/livez', 'get'],
    ['/readyz', 'get'],
  ])('has %s with all its methods, and no others', async (path, ...methods) => {
    const { paths } = await document();
    expect(Object.keys(paths[path] ?? {}).sort()).toEqual(methods.sort());
  });

  it('is of version 3.1, names operations once, and declares the parameters of its paths', async () => {
    const { openapi, info, paths } = await document();
    expect(openapi).toMatch(/^3\.1\./);
    expect(info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    const ids: unknown[] = [];
    for (const [path, item] of Object.entries(paths)) {
      for (const operation of Object.values(item) as Operation[]) {
        if (operation.operationId) ids.push(operation.operationId);
        const parameters = operation.parameters ?? [];
        const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
        expect(inPath).toEqual(Array.from(path.matchAll(/\{(\w+)\}/g), (match) => match[1]));
        expect(new Set(parameters.map((parameter) => parameter.in + parameter.name)).size).toBe(
          parameters.length,
        );
        const responses = Object.keys(operation.responses);
        expect(responses.every((status) => /^[2-5]\d\d$/.test(status)) && responses.length > 0).toBe(true);
      }
    }
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has no reference that leads nowhere', async () => {
    const root = await document();
    let references = 0;
    const visit = (value: unknown) => {
      if (typeof value !== 'object' || value === null) return;
      const { $ref } = value as { $ref?: unknown };
      if (typeof $ref === 'string') {
        references++;
        const names = $ref.replace(/^#\//, '').split('/');
        expect(
          names.reduce<unknown>((at, name) => (at as Json | undefined)?.[name], root),
          $ref,
        ).toBeDefined();
      }
      Object.values(value).forEach(visit);
    };
    visit(root);
    expect(references).toBeGreaterThan(0);
  });
});
