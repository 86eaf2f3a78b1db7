/** Runs a real Redis Cluster for the tests: forms it, moves its slots, and leaves nothing behind. */

import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from 'vitest';
import { freePort } from './ports.js';
import { documentedUser, type Redis, redisMissing, startRedis } from './redis.js';

export interface Cluster {
  /** `redis-cluster://127.0.0.1:PORT,…`, with every node in it. */
  readonly url: string;
  readonly masters: readonly Redis[];
  /** As many for each master, in turn: the first ones of each master, then the second ones. */
  readonly replicas: readonly Redis[];
  /** Resolves when all nodes that are up say that this one is a master, and the cluster serves. */
  promoted(replica: Redis): Promise<void>;
  /**
   * Reshards: slot after slot with its keys, while everybody goes on. For `halfwayMs` the first key of each slot is there, and the others
   * are not.
   */
  move(slots: readonly number[], from: Redis, to: Redis, options?: { halfwayMs?: number }): Promise<void>;
  stop(): Promise<void>;
}

export const slotCount = 16_384;
const nodeTimeoutMs = 2_000;
const formMs = 30_000;
/** Far fewer than one would move at once, so that queues are on two masters for a while. */
const keysAtOnce = 1;

/** A cluster whose slots are all served when this resolves, with its replicas in step. */
export async function startCluster({
  args = [],
  masters: masterCount = 3,
  replicas: replicaCount = 0,
}: {
  args?: readonly string[];
  masters?: number;
  /** For each master. */
  replicas?: number;
} = {}): Promise<Cluster> {
  const nodes = await startNodes(masterCount * (1 + replicaCount), args);
  const stop = async () => void (await Promise.all(nodes.map((node) => node.stop())));
  const masters = nodes.slice(0, masterCount);
  const replicas = nodes.slice(masterCount);
  try {
    await form(masters, replicas);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `redis-cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join()}`,
    masters,
    replicas,
    promoted: (replica) => promoted(nodes, replica),
    move: (slots, from, to, { halfwayMs = 0 } = {}) => move(nodes, slots, { from, to, halfwayMs }),
    stop,
  };
}

/** The bus would be 10,000 above the port, where there may be none, or somebody. */
const startNodes = (count: number, args: readonly string[]) =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const bus = ['--cluster-port', `${await freePort()}`, '--cluster-node-timeout', `${nodeTimeoutMs}`];
      const own = ['--cluster-enabled', 'yes', '--repl-diskless-sync-delay', '0', ...bus];
      return startRedis({ args: [...own, ...args] });
    }),
  );

async function form(masters: readonly Redis[], replicas: readonly Redis[]) {
  const nodes = [...masters, ...replicas];
  for (const [index, node] of nodes.entries()) await node.ask('CLUSTER', 'SET-CONFIG-EPOCH', `${index + 1}`);
  for (const [index, master] of masters.entries()) {
    const [first, end] = [index, index + 1].map((n) => Math.floor((n * slotCount) / masters.length));
    await master.ask('CLUSTER', 'ADDSLOTSRANGE', `${first}`, `${(end as number) - 1}`);
  }
  const [one, ...others] = nodes as [Redis, ...Redis[]];
  for (const other of others)
    await one.ask('CLUSTER', 'MEET', '127.0.0.1', `${other.port}`, await busOf(other));
  const isKnown = new RegExp(`cluster_known_nodes:${nodes.length}\\r`);
  await until('nodes know each other', nodes, async (node) => isKnown.test(await infoOf(node)));
  for (const [index, replica] of replicas.entries()) {
    const master = masters[index % masters.length] as Redis;
    const id = await idOf(master);
    await until('a replica knows its master', [replica], (node) => knows(node, id));
    await replica.ask('CLUSTER', 'REPLICATE', id);
  }
  await until('replicas are in step', replicas, async (node) =>
    String(await node.ask('INFO', 'replication')).includes('master_link_status:up'),
  );
  await until('all nodes serve', nodes, async (node) => {
    const [info, seen] = await Promise.all([infoOf(node), node.ask('CLUSTER', 'NODES')]);
    const known = String(seen).trimEnd().split('\n');
    const slaves = known.filter((line) => line.includes('slave')).length;
    return info.includes('cluster_state:ok') && slaves === replicas.length;
  });
}

const busOf = async (node: Redis) => ((await node.ask('CONFIG', 'GET', 'cluster-port')) as string[])[1] ?? '';
const idOf = async (node: Redis) => String(await node.ask('CLUSTER', 'MYID'));
const infoOf = async (node: Redis) => String(await node.ask('CLUSTER', 'INFO'));

async function knows(node: Redis, id: string): Promise<boolean> {
  const lines = String(await node.ask('CLUSTER', 'NODES')).split('\n');
  return lines.some((line) => line.startsWith(id) && !/handshake|noaddr/.test(line));
}

async function until(what: string, nodes: readonly Redis[], isTrue: (node: Redis) => Promise<boolean>) {
  const end = performance.now() + formMs;
  for (const node of nodes)
    while (!(await isTrue(node))) {
      if (performance.now() > end) {
        const seen = `${await node.ask('CLUSTER', 'INFO')}\n${await node.ask('CLUSTER', 'NODES')}`;
        throw new Error(`${what}: not within ${formMs} ms\n${seen}`);
      }
      await pause(20);
    }
}

async function promoted(nodes: readonly Redis[], replica: Redis) {
  const answers = await Promise.allSettled(nodes.map((node) => node.command('PING')));
  const up = nodes.filter((_, index) => answers[index]?.status === 'fulfilled');
  const id = await idOf(replica);
  await until('the replica is promoted', up, async (node) => {
    const lines = String(await node.ask('CLUSTER', 'NODES')).split('\n');
    const isMaster = lines.some((line) => line.startsWith(id) && line.includes('master'));
    return isMaster && (await infoOf(node)).includes('cluster_state:ok');
  });
}

async function move(
  nodes: readonly Redis[],
  slots: readonly number[],
  { from, to, halfwayMs }: { from: Redis; to: Redis; halfwayMs: number },
) {
  const [fromId, toId] = await Promise.all([idOf(from), idOf(to)]);
  const roles = await Promise.all(nodes.map(async (node) => ((await node.ask('ROLE')) as string[])[0]));
  const others = nodes.filter((node, index) => roles[index] === 'master' && node !== from && node !== to);
  for (const slot of slots.map(String)) {
    await to.ask('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
    await from.ask('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
    for (let n = 0; ; n++) {
      const keys = (await from.ask('CLUSTER', 'GETKEYSINSLOT', slot, `${keysAtOnce}`)) as string[];
      if (keys.length === 0) break;
      await from.ask('MIGRATE', '127.0.0.1', `${to.port}`, '', '0', '5000', 'KEYS', ...keys);
      if (n === 0) await pause(halfwayMs);
    }
    // First who gets it: if all were told and it was not, nobody would have the slot.
    for (const node of [to, from, ...others]) await node.ask('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
  }
}

/** Names of queues that live in slots for which `isWanted`, from `PREFIX0` on. */
export async function queuesWhere(
  node: Redis,
  isWanted: (slot: number) => boolean,
  count: number,
  prefix = 'q',
): Promise<string[]> {
  const names: string[] = [];
  for (let first = 0; names.length < count; first += 1_000) {
    const some = Array.from({ length: 1_000 }, (_, n) => `${prefix}${first + n}`);
    const slots = await node.askAll(some.map((name) => ['CLUSTER', 'KEYSLOT', name]));
    names.push(...some.filter((_, index) => isWanted(Number(slots[index]))));
  }
  return names.slice(0, count);
}

/** The slots of the node's keys. */
export async function slotsWithKeys(node: Redis): Promise<number[]> {
  const keys = (await node.ask('KEYS', '*')) as string[];
  const slots = await node.askAll(keys.map((key) => ['CLUSTER', 'KEYSLOT', key]));
  return [...new Set(slots.map(Number))].sort((a, b) => a - b);
}

/** One cluster for all the tests of a file, as the user that the page for operators makes, like `redisForSuite`. */
export function clusterForSuite(): { readonly url: string } {
  let cluster: Cluster | undefined;
  beforeAll(async () => {
    if (redisMissing !== undefined) return;
    cluster = await startCluster();
    for (const node of cluster.masters) expect(await node.command(...documentedUser())).toBe('+OK');
  });
  afterAll(() => cluster?.stop());
  return {
    get url() {
      if (cluster === undefined) throw new Error(redisMissing ?? 'the cluster is not started yet');
      return cluster.url.replace('//', '//presque:secret@');
    },
  };
}
