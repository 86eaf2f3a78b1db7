/** Chance that can be had again: `TEST_SEED` repeats a run, as far as the machine lets it. */

export const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);

export interface Random {
  /** From 0 to 1. */
  (): number;
  /** A whole number below `end`. */
  below(end: number): number;
}

/** mulberry32 */
export function createRandom(from: number): Random {
  let state = from >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return Object.assign(random, { below: (end: number) => Math.floor(random() * end) });
}
