/** Asks before something is destroyed. */

import { createInterface } from 'node:readline';
import { fail, usageError } from '../exit.js';
import { safe } from './text.js';

/** See `Output.ask`. */
export async function ask(question: string, { yes }: { readonly yes?: boolean | undefined }): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) fail(`${safe(question)} There is nobody to ask: --yes does it`, usageError);
  process.stderr.write(`${safe(question)} [y/N] `);
  const answer = await line();
  if (answer === undefined) process.stderr.write('\n');
  if (!/^\s*(y|yes)\s*$/i.test(answer ?? '')) fail('nothing was done');
}

/** Undefined when the input ends. The terminal stays as it is, so that Ctrl-C is a signal. */
function line(): Promise<string | undefined> {
  return new Promise((resolve) => {
    const reader = createInterface({ input: process.stdin, terminal: false });
    reader.once('line', (text) => {
      resolve(text);
      reader.close();
    });
    reader.once('close', () => resolve(undefined));
  });
}
