/** Numbers, durations and points in time as people say them. */

/** `1,234,567`; a fraction is rounded. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

/** The largest unit that is not larger than as many seconds. */
const unitOf = (seconds: number) => {
  const at = units.findIndex(([, size]) => seconds >= size);
  return at < 0 ? units.length - 1 : at;
};

/** Its two largest units, spelled as the options take them: `250ms`, `12s`, `1h30m`, `3d`. */
export function duration(seconds: number): string {
  if (seconds === 0) return '0s';
  if (seconds < 0.9995) return `${Math.max(0, Math.round(seconds * 1_000))}ms`;
  const [, step] = units[unitOf(seconds) + 1] ?? ['s', 1];
  // Rounded before it is taken apart, so that 59m59.7s is an hour.
  let rest = Math.round(seconds / step) * step;
  let text = '';
  for (const [name, size] of units) {
    const many = Math.floor(rest / size);
    if (many > 0) text += `${many}${name}`;
    rest -= many * size;
  }
  return text;
}

/** A point in time beside now, both in epoch seconds: `3s ago`, `in 5m`, `now`. */
export function when(at: number, now: number = Date.now() / 1_000): string {
  const distance = Math.round(Math.abs(at - now));
  if (distance === 0) return 'now';
  const [name, size] = units[unitOf(distance)] as (typeof units)[number];
  const text = `${Math.floor(distance / size)}${name}`;
  return at < now ? `${text} ago` : `in ${text}`;
}
