/**
 * Calls whose reply was lost: whether they were done is not known, so they are asked again under the same request until Redis
 * answers. What comes too late for the caller is handed back.
 */

import type { Clock } from '../../clock.js';
import { isAnswer, isTimeout, isUncertain } from './failure.js';

/** The caller is told in time that nothing came. */
const patienceMs = 1_500;
const firstPauseMs = 50;
const longestPauseMs = 1_000;
/** For a minute or two. */
const mostTries = 100;

interface Question<T> {
  /** Does it once, however often it is called; and not any more when it was not done until it was too late. */
  call(tooLate: boolean): Promise<T>;
  /** Gets what nobody waits for any more; does it once, too. */
  handBack(late: T): Promise<unknown>;
  /** Nobody asks any more. */
  over(): void;
}

export interface Late<T> {
  readonly late: Promise<T>;
}

export function createAsking({ after }: Pick<Clock, 'after'>) {
  let isClosing = false;
  const pause = (ms: number) => new Promise<void>((resolve) => void after(ms, resolve));

  /** Until Redis says something. */
  async function askAgain<T>(call: () => Promise<T>, first?: unknown): Promise<T> {
    let error = first;
    let pauseMs = firstPauseMs;
    for (let tries = 0; tries < mostTries && !isAnswer(error) && !isClosing; tries++) {
      await pause(pauseMs);
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
      try {
        return await call();
      } catch (failed) {
        error = failed;
      }
    }
    throw error;
  }

  async function lateAnswer<T>({ call, handBack, over }: Question<T>, error: unknown): Promise<T> {
    let isLate = false;
    const again = askAgain(() => call(isLate), error);
    const tooLate = pause(isTimeout(error) ? 0 : patienceMs).then(() => {
      isLate = true;
      throw error;
    });
    again
      .then((late) => (isLate ? askAgain(() => handBack(late)) : undefined))
      .catch(() => {})
      .finally(over);
    return await Promise.race([again, tooLate]);
  }

  return {
    /** What came at once, or the promise of what comes when it is asked for again. */
    async ask<T>(question: Question<T>): Promise<Late<T> | { readonly now: T }> {
      try {
        const answer = await question.call(false);
        question.over();
        return { now: answer };
      } catch (error) {
        if (!isUncertain(error)) {
          question.over();
          throw error;
        }
        const late = lateAnswer(question, error);
        if (!isTimeout(error)) return { late };
        late.catch(() => {});
        throw error;
      }
    },

    /** From now on nobody is asked again. */
    end() {
      isClosing = true;
    },
  };
}
