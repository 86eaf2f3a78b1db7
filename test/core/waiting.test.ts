/** Waiting for jobs: who is woken when, by the broker on the memory store and a clock that is advanced. */

import { describe, expect, test } from 'vitest';
import type { ApiError } from '../../dist/api/errors.js';
import type { Call } from '../../dist/api/types.js';
import { call, setUp as setUpBroker } from './set-up.js';

function setUp() {
  let takes = 0;
  const { clock, broker } = setUpBroker({
    store: (memory) => ({
      take(now, take) {
        takes++;
        return memory.take(now, take);
      },
    }),
  });
  const answers: string[] = [];

  /** Asks for a job, and notes under its name what comes. */
  function ask(name: string, queues: string[], wait = 10_000) {
    let leave = () => {};
    const leaving: Call = {
      undelivered() {},
      onGone(run) {
        leave = run;
      },
    };
    const answer = broker.take({ queues, wait }, leaving).then(
      ({ queue, job }) => answers.push(`${name} ${queue} ${job}`),
      (error) => answers.push(`${name} ${(error as ApiError).message}`),
    );
    return { answer, leave: () => leave() };
  }

  const push = (queue: string, job: string) => broker.push({ queue, job }, call);
  const settle = () => clock.advance(0);
  return { clock, broker, answers, ask, push, settle, takes: () => takes };
}

describe('a waiter', () => {
  test('gets a job that is pushed while it waits, and one that is there at once', async () => {
    const { ask, push, settle, answers } = setUp();
    ask('first', ['a']);
    await settle();
    await push('a', '1');
    await settle();
    await push('a', '2');
    ask('second', ['a']);
    await settle();
    expect(answers).toEqual(['first a 1', 'second a 2']);
  });

  test('is told at its deadline, not before, that there is no job', async () => {
    const { ask, clock, answers } = setUp();
    ask('first', ['a'], 2_000);
    await clock.advance(1_999);
    expect(answers).toEqual([]);
    await clock.advance(1);
    expect(answers).toEqual(['first no job']);
    expect(clock.planned).toBe(0);
  });

  test('waits on a stopped queue, is told at the end that it is closed, and gets a job when it is started', async () => {
    const { ask, push, broker, clock, answers } = setUp();
    await push('a', '1');
    await broker.setControl({ queue: 'a', status: 'stop' }, call);
    ask('first', ['a'], 1_000);
    await clock.advance(1_000);
    ask('second', ['a'], 1_000);
    await clock.advance(500);
    await broker.setControl({ queue: 'a', status: 'start' }, call);
    await clock.advance(0);
    expect(answers).toEqual(['first queue is closed', 'second a 1']);
  });

  test('gets a delayed job in the millisecond in which it is due', async () => {
    const { ask, broker, clock, answers } = setUp();
    const second = Math.floor(clock.now() / 1_000) + 5;
    ask('before', ['a'], 60_000);
    await broker.push({ queue: 'a', job: '1', delayed: second }, call);
    await broker.push({ queue: 'a', job: '2', delayed: second }, call);
    ask('after', ['a'], 60_000);
    await clock.advance(second * 1_000 - clock.now() - 1);
    expect(answers).toEqual([]);
    await clock.advance(1);
    expect(answers).toEqual(['before a 1', 'after a 2']);
    await clock.advance(1_000);
    expect(clock.planned).toBe(0);
  });

  test('that leaves takes nothing, and the job goes to the next one', async () => {
    const { ask, push, settle, answers } = setUp();
    const gone = ask('gone', ['a']);
    ask('next', ['a']);
    await settle();
    gone.leave();
    await push('a', '1');
    await settle();
    expect(answers).toEqual(['gone no job', 'next a 1']);
  });

  test('that was woken and leaves passes the hint on', async () => {
    const { ask, push, settle, answers } = setUp();
    const gone = ask('gone', ['a']);
    ask('next', ['a']);
    await settle();
    const pushed = push('a', '1');
    gone.leave();
    await pushed;
    await settle();
    expect(answers.toSorted()).toEqual(['gone no job', 'next a 1']);
  });
});

describe('several waiters', () => {
  test('are served first come, first served, one job each', async () => {
    const { ask, push, settle, answers } = setUp();
    for (const name of ['1st', '2nd', '3rd', '4th']) ask(name, ['a']);
    await settle();
    for (const job of ['1', '2', '3']) await push('a', job);
    await settle();
    expect(answers).toEqual(['1st a 1', '2nd a 2', '3rd a 3']);
  });

  test('are all served by one batch', async () => {
    const { ask, broker, settle, answers } = setUp();
    for (const name of ['1st', '2nd', '3rd']) ask(name, ['a']);
    await settle();
    await broker.pushMany({ queue: 'a', jobs: ['1', '2', '3'] }, call);
    await settle();
    expect(answers).toEqual(['1st a 1', '2nd a 2', '3rd a 3']);
  });

  test('cost one try per job, however many wait', async () => {
    const { ask, push, settle, answers, takes } = setUp();
    for (let index = 0; index < 1_000; index++) ask(`${index}`, ['a']);
    await settle();
    const before = takes();
    await push('a', '1');
    await settle();
    expect(answers).toEqual(['0 a 1']);
    expect(takes() - before).toBe(1);
  });

  test('of several queues get from the first that has a job, and leave no one behind', async () => {
    const { ask, push, settle, answers, clock } = setUp();
    await push('b', '"b"');
    ask('has', ['a', 'b']);
    await settle();
    ask('waits', ['c', 'a']);
    await settle();
    await push('a', '"a"');
    await settle();
    expect(answers).toEqual(['has b "b"', 'waits a "a"']);
    await clock.advance(1_000);
    expect(clock.planned).toBe(0);
  });

  test('are all answered when the broker stops, and who comes then does not wait', async () => {
    const { ask, broker, settle, answers } = setUp();
    ask('1st', ['a'], 60_000);
    ask('2nd', ['b'], 60_000);
    await settle();
    broker.stop();
    await settle();
    ask('late', ['a'], 60_000);
    await settle();
    expect(answers).toEqual(['1st no job', '2nd no job', 'late no job']);
  });
});
