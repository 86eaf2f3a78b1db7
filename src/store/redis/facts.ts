/** What a Redis says of itself that its users should know: version, persistence, replicas, what it does when it is full. */

import type { Redis } from 'ioredis';
import { ApiError } from '../../api/errors.js';
import { OpenError } from '../open-error.js';
import type { Store } from '../store.js';
import { failure } from './failure.js';

type Durability = Exclude<Store['durability'], 'fsync'>;

export interface Facts {
  readonly durability: Durability;
  /** How many replicas each Redis with jobs of ours has at least. */
  readonly replicas: number;
  /** In words. */
  readonly about: string;
  /** Finds out anew what it says. */
  look(): Promise<void>;
  /** Looks, and throws an `ApiError` when Redis would throw jobs away to make room. */
  check(): Promise<void>;
}

const oldestMajor = 7;

interface Seen {
  readonly version: string;
  readonly replicas: number;
  /** How many masters there are. */
  readonly nodes: number;
  readonly isNodeOfCluster: boolean;
  readonly appendonly: string;
  readonly appendfsync: string;
  /** Whether nothing is synced while Redis rewrites its file, whatever `appendfsync` says. */
  readonly skipsSync: boolean;
  readonly policy: string;
}

/** Rejects with an `OpenError` for a version that lacks what the scripts need. */
export async function createFacts(
  masters: () => readonly Redis[],
  { isCluster }: { readonly isCluster: boolean },
): Promise<Facts> {
  let seen = await lookAtAll(masters());
  if (seen.isNodeOfCluster && !isCluster) {
    throw new OpenError('that Redis is a node of a cluster, which needs redis-cluster://HOST,HOST');
  }
  if (Number.parseInt(seen.version, 10) < oldestMajor) {
    throw new OpenError(`Redis ${seen.version} is too old: ${oldestMajor}.0 is the oldest that works`);
  }
  return {
    get durability() {
      return durabilityOf(seen);
    },
    get replicas() {
      return seen.replicas;
    },
    get about() {
      return aboutOf(seen);
    },
    async look() {
      seen = await lookAtAll(masters());
    },
    async check() {
      try {
        seen = await lookAtAll(masters());
      } catch (error) {
        throw failure(error);
      }
      if (!isEvicting(seen)) return;
      const message = `Redis has maxmemory-policy ${seen.policy}, which throws jobs away: set noeviction`;
      throw new ApiError('storage_failed', { message });
    },
  };
}

/** Of several, what the weakest of them says. */
async function lookAtAll(masters: readonly Redis[]): Promise<Seen> {
  const all = await Promise.all(masters.map(lookAt));
  const weakest = all.reduce<Seen | undefined>(
    (one, other) => (one && weaknessOf(one) >= weaknessOf(other) ? one : other),
    undefined,
  );
  if (!weakest) throw new Error('no master is known');
  const { length: nodes } = all;
  const evicting = all.find(isEvicting) ?? weakest;
  return {
    ...weakest,
    nodes,
    policy: evicting.policy,
    replicas: Math.min(...all.map(({ replicas }) => replicas)),
  };
}

async function lookAt(redis: Redis): Promise<Seen> {
  const info = await redis.info();
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? 'unknown';
  const settings = await settingsOf(redis);
  const setting = (name: string) => settings[settings.indexOf(name) + 1] ?? 'unknown';
  return {
    version: field('redis_version'),
    replicas: Number(field('connected_slaves')),
    nodes: 1,
    isNodeOfCluster: field('cluster_enabled') === '1',
    appendonly: setting('appendonly'),
    appendfsync: setting('appendfsync'),
    skipsSync: setting('no-appendfsync-on-rewrite') === 'yes',
    policy: field('maxmemory_policy'),
  };
}

/** Names and values in turn; none where they may not be read. */
async function settingsOf(redis: Redis): Promise<string[]> {
  try {
    return (await redis.config('GET', 'appendonly', 'appendfsync', 'no-appendfsync-on-rewrite')) as string[];
  } catch {
    return [];
  }
}

/** Only keys with a time to live are evicted under `volatile-…`: none of them is a job. */
const isEvicting = ({ policy }: Seen) => policy.startsWith('allkeys');

function durabilityOf({ appendonly, appendfsync, skipsSync }: Seen): Durability {
  if (appendonly === 'no') return 'memory';
  if (appendonly !== 'yes' || appendfsync === 'no' || skipsSync) return 'unknown';
  return appendfsync === 'always' ? 'aof-always' : 'aof-everysec';
}

/** The higher, the more may be lost. */
const weaknessOf = (seen: Seen) =>
  ['aof-always', 'aof-everysec', 'memory', 'unknown'].indexOf(durabilityOf(seen));

const words: { readonly [D in Durability]: string } = {
  'aof-always': 'every answered job is on its disk',
  'aof-everysec': 'a crash may lose the jobs of the last second',
  memory: 'jobs are gone with its process',
  unknown: 'it does not say what it keeps',
};

function aboutOf(seen: Seen): string {
  const { version, appendonly, appendfsync, replicas, policy, nodes } = seen;
  const cluster = nodes > 1 ? `a cluster of ${nodes} masters, ` : '';
  const append = appendonly === 'yes' ? `appendfsync ${appendfsync}` : `appendonly ${appendonly}`;
  return `Redis ${version}, ${cluster}${append}, replicas ${replicas}, maxmemory-policy ${policy}: ${words[durabilityOf(seen)]}`;
}
