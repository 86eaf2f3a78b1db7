/** The Redis store does on a cluster what every store must. */

import { describe } from 'vitest';
import { redisMissing } from '../support/redis.js';
import { clusterForSuite } from '../support/redis-cluster.js';
import { redisSubjects } from '../support/store.js';
import { describeStore } from './conformance.js';

const name = redisMissing === undefined ? 'with three masters' : `skipped: ${redisMissing}`;

describe.skipIf(redisMissing)(name, () => {
  describeStore('redis-cluster', redisSubjects(clusterForSuite()));
});
