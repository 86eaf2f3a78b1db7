/** One thing, a line for each of its members. */

import type { Output } from './output.js';
import { safe } from './text.js';

/** Members that are not there, or empty, have no line. */
export function printFields(output: Output, members: { readonly [name: string]: unknown }) {
  const shown = Object.entries(members).filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(...shown.map(([name]) => name.length));
  for (const [name, value] of shown) {
    output.line(`${output.paint('dim', name.padEnd(width))}  ${safe(String(value))}`);
  }
}
