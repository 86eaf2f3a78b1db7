/** What every store must do, as one suite that each of them runs. */

import { describe } from 'vitest';
import { type OpenSubject, storeTest } from '../support/store.js';
import { atOnce } from './conformance/at-once.js';
import { delays } from './conformance/delays.js';
import { order } from './conformance/order.js';
import { peeks } from './conformance/peeks.js';
import { priorities } from './conformance/priorities.js';
import { purges } from './conformance/purges.js';
import { queues } from './conformance/queues.js';
import { registration } from './conformance/registration.js';
import { restores } from './conformance/restores.js';
import { tallies } from './conformance/tallies.js';
import { uniqueKeys } from './conformance/unique-keys.js';

const topics = {
  order,
  delays,
  priorities,
  'unique keys': uniqueKeys,
  restore: restores,
  'purge and sweep': purges,
  queues,
  peek: peeks,
  'registration of workers': registration,
  'what workers did': tallies,
  'at once': atOnce,
};

export function describeStore(name: string, open: OpenSubject) {
  const it = storeTest(open);
  for (const [topic, tests] of Object.entries(topics)) describe(`${name} store, ${topic}`, () => tests(it));
}
