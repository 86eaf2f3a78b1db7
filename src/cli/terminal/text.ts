/** Text that came from outside, made harmless for a terminal, measured and cut in columns. */

import stringWidth from 'string-width';

/**
 * What a terminal obeys or does not show: control characters (C0, DEL, C1), marks that turn the direction of
 * text, invisible characters, line separators. The joiner of emoji is not among them.
 */
const harmful =
  /[\p{Cc}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e001f}]|\p{Cs}/gu;
const named: { readonly [character: string]: string } = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const hex = (character: string, digits: number) =>
  (character.codePointAt(0) as number).toString(16).padStart(digits, '0');

function escaped(character: string): string {
  if (character > '\uffff') return `\\u{${hex(character, 5)}}`;
  return named[character] ?? (character < '\u0100' ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`);
}

/** One line that a terminal shows and does not obey: `\x1b` for an escape, `\n` for a line's end. */
export function safe(text: string): string {
  return text.replace(harmful, escaped);
}

/** The same JSON, which a terminal shows and does not obey; in JSON such characters stand in strings only. */
export function safeJson(text: string): string {
  return text.replace(harmful, (character) =>
    character < ' '
      ? character
      : [...Array(character.length).keys()].map((at) => `\\u${unit(character, at)}`).join(''),
  );
}

const unit = (text: string, at: number) => text.charCodeAt(at).toString(16).padStart(4, '0');

/** Columns that a harmless text takes on a terminal: two for a wide character or an emoji. */
export const columnsOf = (text: string) => stringWidth(text);

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** No character has more code units than this, or it may be cut. */
const unitsPerColumn = 32;

/** A harmless text in at most `columns` columns, ending in `…` if it was longer. */
export function cut(text: string, columns: number): string {
  const most = columns * unitsPerColumn;
  // So that a job of a megabyte costs no more than what is shown of it.
  const start = text.length > most ? text.slice(0, most) : text;
  if (start.length === text.length && columnsOf(text) <= columns) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(start)) {
    used += columnsOf(segment);
    if (used > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}
