/** What every store must do, as one suite that each of them runs. */

import { describe } from 'vitest';
import { type OpenSubject, storeTest } from '../support/store.js';
import { atOnce } from './conformance/at-once.js';
import { attempts } from './conformance/attempts.js';
import { bulkSteering } from './conformance/bulk-steering.js';
import { delays } from './conformance/delays.js';
import { followUps } from './conformance/follow-ups.js';
import { keyLife } from './conformance/key-life.js';
import { leases } from './conformance/leases.js';
import { lists } from './conformance/lists.js';
import { once } from './conformance/once.js';
import { order } from './conformance/order.js';
import { passingTime } from './conformance/passing-time.js';
import { policies } from './conformance/policies.js';
import { priorities } from './conformance/priorities.js';
import { purgedLives } from './conformance/purged-lives.js';
import { purges } from './conformance/purges.js';
import { queues } from './conformance/queues.js';
import { records } from './conformance/records.js';
import { registration } from './conformance/registration.js';
import { restores } from './conformance/restores.js';
import { settlements } from './conformance/settlements.js';
import { staleLeases } from './conformance/stale-leases.js';
import { stateLists } from './conformance/state-lists.js';
import { steering } from './conformance/steering.js';
import { tallies } from './conformance/tallies.js';
import { uniqueKeys } from './conformance/unique-keys.js';

const topics = {
  order,
  delays,
  priorities,
  'unique keys': uniqueKeys,
  restore: restores,
  leases,
  settlements,
  'stale leases': staleLeases,
  'follow-up jobs': followUps,
  'passing time': passingTime,
  attempts,
  records,
  'unique keys through life': keyLife,
  steering,
  'bulk steering': bulkSteering,
  'policy and revisions': policies,
  'idempotency keys': once,
  purge: purges,
  'purged lives': purgedLives,
  queues,
  list: lists,
  'lists of states': stateLists,
  'registration of workers': registration,
  'what workers did': tallies,
  'at once': atOnce,
};

export function describeStore(name: string, open: OpenSubject) {
  const it = storeTest(open);
  for (const [topic, tests] of Object.entries(topics)) describe(`${name} store, ${topic}`, () => tests(it));
}
