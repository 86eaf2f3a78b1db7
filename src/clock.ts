/** The one place where time and chance come from: everything else is handed them. */

import { createHash, randomBytes, randomInt, randomUUID } from 'node:crypto';

export interface Clock {
  /** Epoch milliseconds, whole. */
  now(): number;
  /** Calls back once after so many milliseconds, unless cancelled; does not keep the process alive. */
  after(ms: number, run: () => void): { cancel(): void };
}

export const systemClock: Clock = {
  now: Date.now,
  after(ms, run) {
    const timer = setTimeout(run, ms).unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** What nobody can foretell, and what tells contents apart. */
export interface Chance {
  /** A text that nobody can guess: 128 bits, safe in a URL. */
  token(): string;
  /** From 0 to 1. */
  fraction(): number;
  /** The same for the same text, another one for any other. */
  digest(text: string): string;
}

const tokenBytes = 16;
/** Chance is asked for in stocks: one by one it costs several times as much. */
const tokensPerStock = 256;

export function createChance(): Chance {
  let stock = Buffer.alloc(0);
  return {
    token() {
      if (stock.length === 0) stock = randomBytes(tokenBytes * tokensPerStock);
      const token = stock.toString('base64url', 0, tokenBytes);
      stock = stock.subarray(tokenBytes);
      return token;
    },
    fraction: () => randomInt(2 ** 32) / 2 ** 32,
    digest: (text) => createHash('sha256').update(text).digest('base64url'),
  };
}

/** Names for requests that bring none: unique over restarts, cheap to make. */
export function createRequestIds(): () => string {
  const prefix = randomUUID().slice(0, 8);
  let last = 0;
  return () => `${prefix}-${(++last).toString(36)}`;
}
