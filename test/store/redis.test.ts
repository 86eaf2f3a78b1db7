/** The Redis store does what every store must. */

import { describe } from 'vitest';
import { redisForSuite, redisMissing } from '../support/redis.js';
import { redisSubjects } from '../support/store.js';
import { describeStore } from './conformance.js';

const name = redisMissing === undefined ? 'with redis-server' : `skipped: ${redisMissing}`;

describe.skipIf(redisMissing)(name, () => {
  describeStore('redis', redisSubjects(redisForSuite()));
});
