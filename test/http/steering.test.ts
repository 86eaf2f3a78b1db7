/** Retry, cancel and delete of one job, in whatever state it is. */

import { describe, expect, it } from 'vitest';
import { expectError, type Leased, stores, useServer } from '../support/http.js';

describe.each(stores)('steering on %s', (store) => {
  const client = useServer(store);
  const location = async (options = '') =>
    String((await client.push(`/q/foo?${options}`, '1')).headers.location);

  /** Makes a job of this state; its path. */
  async function make(state: string): Promise<string> {
    if (state === 'ready') return location();
    if (state === 'delayed') return location('delay=1h');
    const leased: Leased = await client.pushAndLease('foo');
    if (state === 'done') await client.settle(leased, 'done', '1');
    if (state === 'dead') await client.settle(leased, 'fail', { dead: true });
    return leased.at;
  }

  it.each([
    { act: 'retry', state: 'delayed', status: 200, answer: { state: 'ready' } },
    { act: 'retry', state: 'dead', status: 200, answer: { state: 'ready' } },
    { act: 'retry', state: 'leased', status: 409, answer: { error: 'job is leased' } },
    { act: 'retry', state: 'done', status: 409, answer: { error: 'job is done' } },
    { act: 'cancel', state: 'ready', status: 200, answer: { state: 'dead' } },
    { act: 'cancel', state: 'delayed', status: 200, answer: { state: 'dead' } },
    { act: 'cancel', state: 'leased', status: 200, answer: { state: 'leased' } },
    { act: 'cancel', state: 'done', status: 409, answer: { error: 'job is done' } },
    { act: 'cancel', state: 'dead', status: 409, answer: { error: 'job is dead' } },
  ])('$act of a job that is $state: $status $answer', async ({ act, state, status, answer }) => {
    const at = await make(state);
    const reply = await client.ask(`POST ${at}/${act}`);
    expect([reply.status, JSON.parse(reply.text)]).toEqual([status, answer]);
    const after = 'state' in answer ? answer.state : state;
    expect(await client.job(at)).toMatchObject({ state: after });
    if (status === 200 && act === 'cancel')
      expect((await client.ask(`POST ${at}/${act}`)).text).toBe(reply.text);
  });

  it.each(['ready', 'delayed', 'leased', 'done', 'dead'])(
    'DELETE of a job that is %s is 204',
    async (state) => {
      const at = await make(state);
      const reply = await client.ask(`DELETE ${at}`);
      expect([reply.status, reply.text]).toEqual([204, '']);
      expectError(await client.ask(`GET ${at}`), 404, 'no such job');
      expectError(await client.ask(`DELETE ${at}`), 404, 'no such job');
      const none = { ready: 0, delayed: 0, leased: 0, done: 0, dead: 0 };
      expect(await client.read('GET /status/foo')).toMatchObject(none);
    },
  );

  it('of what is not there is 404', async () => {
    await location();
    for (const at of ['/j/foo/999999', '/j/foo/x', '/j/never/1']) {
      for (const line of [`POST ${at}/retry`, `POST ${at}/cancel`, `DELETE ${at}`]) {
        expectError(await client.ask(line), 404, 'no such job');
      }
    }
    expect(await client.read('GET /status/')).toMatchObject({ size: 1 });
  });

  it('a retried job has its old place, all its attempts and its history', async () => {
    const first = await location('attempts=1');
    await client.push('/q/foo', '"later"');
    await client.settle(await client.lease('foo'), 'fail', { error: 'x' });
    await client.ask(`POST ${first}/retry`);
    const retried = await client.job(first);
    expect(retried).toMatchObject({ state: 'ready', failures: 1, attempts: [{ error: 'x' }] });
    expect(retried).not.toHaveProperty('reason');
    const again = await client.lease('foo');
    expect([again.at, again.reply.headers['presque-attempt']]).toEqual([first, '2']);
    expect((await client.settle(again, 'fail')).text).toBe('{"state":"dead"}');
  });

  it('a retried job is given to who waits', async () => {
    const at = await location('delay=1h');
    const waiting = client.ask('GET /q/foo?wait=20s');
    await client.ask('GET /livez');
    await client.ask(`POST ${at}/retry`);
    expect(await waiting).toMatchObject({ status: 200, text: '1' });
  });

  it('a dead job takes its unique key back, unless somebody else has it', async () => {
    const first = await client.pushAndLease('foo', 'uniq=k');
    await client.settle(first, 'fail', { dead: true });
    const second = await location('uniq=k');
    expectError(await client.ask(`POST ${first.at}/retry`), 409, 'another job has its unique key');
    expect(await client.job(first.at)).toMatchObject({ state: 'dead' });
    await client.ask(`DELETE ${second}`);
    expect((await client.ask(`POST ${first.at}/retry`)).status).toBe(200);
    const refused = await client.send('POST /q/foo?uniq=k', '1');
    expectError(refused, 400, 'job already exists');
    expect(refused.headers.location).toBe(first.at);
  });

  it.each(['cancel', 'remove'])('%s frees the unique key', async (act) => {
    const at = await location('uniq=k');
    await client.ask(act === 'cancel' ? `POST ${at}/cancel` : `DELETE ${at}`);
    await location('uniq=k');
  });

  it('a job that was deleted under its lease can not be settled', async () => {
    const leased = await client.pushAndLease('foo');
    await client.ask(`DELETE ${leased.at}`);
    for (const act of ['done', 'fail', 'release', 'extend']) {
      expectError(await client.settle(leased, act), 404, 'no such job');
    }
    expect(await client.drain('foo')).toEqual([]);
  });

  it('a cancelled job is taken by nobody, and says why it is dead', async () => {
    const at = await location();
    await client.ask(`POST ${at}/cancel`);
    expectError(await client.ask('GET /q/foo'), 404, 'no job');
    expect(await client.job(at)).toMatchObject({
      state: 'dead',
      reason: 'cancelled',
      attempts: [],
      failures: 0,
    });
    expect(await client.read('GET /j/foo')).toMatchObject({ job_failed: 0, job_processed: 0 });
  });

  it.each(['retry', 'cancel'])('%s takes an empty body or {} of any type, and no members', async (act) => {
    const at = await location('delay=1h');
    expectError(await client.send(`POST ${at}/${act}`, '{"nonsense":1}'), 400, /nonsense/);
    expectError(await client.send(`POST ${at}/${act}`, '[]'), 400, 'body must be a JSON object');
    const body = { headers: { 'Content-Type': 'text/plain' }, body: '{}' };
    expect((await client.ask(`POST ${at}/${act}`, body)).status).toBe(200);
  });
});
