/** Jobs and results between a program and their texts of JSON. */

export interface Codec {
  /** Throws a `TypeError` for what JSON does not have. */
  encode(value: unknown): string;
  decode(text: string): unknown;
}

/** `JSON.parse` and `JSON.stringify`: numbers beyond 2^53 lose digits. */
export const values: Codec = {
  encode(value) {
    const text = JSON.stringify(value) as string | undefined;
    if (text !== undefined) return text;
    throw new TypeError(`${typeof value} can not be written as JSON`);
  },
  decode: (text) => JSON.parse(text),
};

/** Texts as they are, byte for byte: whoever reads and writes them chooses the library. */
export const texts: Codec = {
  encode(value) {
    if (typeof value === 'string') return value;
    throw new TypeError(`with json: 'text' a text of JSON is expected, not a value of type ${typeof value}`);
  },
  decode: (text) => text,
};
