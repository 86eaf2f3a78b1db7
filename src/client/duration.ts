/** Durations: `500ms`, `30s`, `1h30m`, `7d`, or a number of seconds. */

export type Duration = string | number;

const units: { readonly [unit: string]: number } = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const whole = /^(?:\d+(?:\.\d+)?|(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+)$/;

/** Whole milliseconds, a fraction counts as one. Throws a `TypeError` that names the option. */
export function millisecondsOf(duration: Duration, option: string): number {
  const text = String(duration);
  if (!whole.test(text)) {
    throw new TypeError(`${option} must be a duration such as '30s', or a number of seconds: ${text}`);
  }
  let ms = 0;
  for (const [, count, unit = 's'] of text.matchAll(/([\d.]+)(ms|s|m|h|d)?/g)) {
    ms += Number(count) * (units[unit] as number);
  }
  return Math.ceil(Number(ms.toPrecision(15)));
}
