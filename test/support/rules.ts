/** What a rule of the house is. */

import type { Source } from './sources.js';

export interface Rule {
  readonly name: string;
  readonly because: string;
  /** What breaks the rule, a line each that names the file. */
  readonly check: (sources: readonly Source[]) => string[];
  /** Made-up sources, by path, and what the rule says of them. */
  readonly example: {
    readonly sources: { readonly [path: string]: string };
    readonly says: readonly string[];
  };
}
