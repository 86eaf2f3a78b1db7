/** Looks into JSON text without changing it: how deep it is, and the texts of the elements of its arrays. */

const quote = 0x22;
const backslash = 0x5c;

/** The index after the string that starts at `at` (a quotation mark). */
function afterString(text: string, at: number): number {
  let end = at;
  do {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
  } while (isEscaped(text, end));
  return end + 1;
}

function isEscaped(text: string, at: number): boolean {
  let before = at;
  while (text.charCodeAt(before - 1) === backslash) before--;
  return (at - before) % 2 === 1;
}

const opens = (code: number) => code === 0x5b || code === 0x7b;
const closes = (code: number) => code === 0x5d || code === 0x7d;

/** Whether arrays and objects are nested more than `limit` levels deep. The text need not be valid. */
export function isDeeperThan(text: string, limit: number): boolean {
  // Each level takes two characters, so most texts need no look.
  if (text.length <= 2 * limit) return false;
  let depth = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = afterString(text, at);
      continue;
    }
    if (opens(code) && ++depth > limit) return true;
    if (closes(code)) depth--;
    at++;
  }
  return false;
}

/** The index after the value that starts at `at`, in valid JSON: where a comma or a closing bracket stands. */
function afterValue(text: string, at: number): number {
  let depth = 0;
  for (let next = at; next < text.length; ) {
    const code = text.charCodeAt(next);
    if (code === quote) {
      next = afterString(text, next);
      continue;
    }
    if (depth === 0 && (code === 0x2c || closes(code))) return next;
    if (opens(code)) depth++;
    if (closes(code)) depth--;
    next++;
  }
  return text.length;
}

const afterSpace = (text: string, at: number) => {
  let next = at;
  while (next < text.length && text.charCodeAt(next) <= 0x20) next++;
  return next;
};

/** The values of an array or object whose opening bracket stands at `open`, in valid JSON, as texts with their names. */
function* values(text: string, open: number): Generator<{ name?: string; value: string; at: number }> {
  let at = afterSpace(text, open + 1);
  const named = text[open] === '{';
  while (at < text.length && !closes(text.charCodeAt(at))) {
    let name: string | undefined;
    if (named) {
      const end = afterString(text, at);
      name = JSON.parse(text.slice(at, end)) as string;
      at = afterSpace(text, afterSpace(text, end) + 1);
    }
    const end = afterValue(text, at);
    yield { ...(name !== undefined && { name }), value: text.slice(at, end).trimEnd(), at };
    at = text[end] === ',' ? afterSpace(text, end + 1) : end;
  }
}

/** A batch has one member and may have a few others; more of them are not looked through. */
const maxMembers = 1_000;

/**
 * The texts of the elements of the array that is the member `member` of an object, byte for byte, in valid JSON.
 * Nothing when there is no such array; of more than `limit` elements, one more than that. As in `JSON.parse`, the last of several members of one name counts.
 */
export function elementTexts(text: string, member: string, limit: number): string[] | undefined {
  const open = afterSpace(text, 0);
  if (text[open] !== '{') return undefined;
  let start: number | undefined;
  let members = 0;
  for (const { name, at } of values(text, open)) {
    if (name === member) start = at;
    if (++members > maxMembers) return undefined;
  }
  return start === undefined ? undefined : itemTextsAt(text, start, limit);
}

/** The texts of an object's members, in valid JSON; nothing when it is no object. `repeated` is the name of one that is there twice. */
export function memberTexts(
  text: string,
): { readonly members: ReadonlyMap<string, string>; readonly repeated?: string } | undefined {
  const open = afterSpace(text, 0);
  if (text[open] !== '{') return undefined;
  const members = new Map<string, string>();
  for (const { name = '', value } of values(text, open)) {
    if (members.has(name)) return { members, repeated: name };
    members.set(name, value);
  }
  return { members };
}

/** The texts of an array's elements, in valid JSON, one more than `limit` at most; nothing when it is no array. */
export function itemTexts(text: string, limit: number): string[] | undefined {
  return itemTextsAt(text, afterSpace(text, 0), limit);
}

function itemTextsAt(text: string, open: number, limit: number): string[] | undefined {
  if (text[open] !== '[') return undefined;
  const texts: string[] = [];
  for (const { value } of values(text, open)) {
    texts.push(value);
    if (texts.length > limit) break;
  }
  return texts;
}
