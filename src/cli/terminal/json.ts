/** JSON on one line, in which a job's own text keeps its digits and the order of its keys. */

/** A text of JSON that goes into other JSON as it is. */
interface RawJson {
  readonly [marked]: string;
}

const marked = Symbol('JSON text');

export function rawJson(text: string): RawJson {
  return { [marked]: text };
}

/** Like `JSON.stringify`, and what `rawJson` marked stands in it as it is, but for line ends between its values. */
export function jsonText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  // Inside a string of JSON there is no bare line end.
  if (marked in value) return (value as RawJson)[marked].trim().replace(/[\r\n]+/g, ' ');
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `${JSON.stringify(name)}:${jsonText(member)}`);
  return `{${members.join(',')}}`;
}
