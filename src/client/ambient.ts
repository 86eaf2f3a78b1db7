/** Time and chance where the client runs: Node or a browser, so without Node's modules. */

export interface Ambient {
  /** Epoch milliseconds. */
  now(): number;
  /** Calls back once after so many milliseconds, unless cancelled. */
  after(ms: number, run: () => void): { cancel(): void };
  /** From 0 to 1. */
  fraction(): number;
  /** 128 bits that nobody else has, as text. */
  token(): string;
}

/** A longer time would be over at once. */
const longestMs = 2 ** 31 - 1;

export const ambient: Ambient = {
  now: Date.now,
  after(ms, run) {
    const timer = setTimeout(run, Math.min(ms, longestMs));
    return { cancel: () => clearTimeout(timer) };
  },
  fraction: Math.random,
  token() {
    // `randomUUID` is not there on a page that was served over plain HTTP.
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  },
};
