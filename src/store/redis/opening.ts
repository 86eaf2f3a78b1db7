/** Opens the connection of a store, and looks whether that can be used. */

import { markNote, parseMark, unfinished } from '../mark.js';
import { OpenError } from '../open-error.js';
import type { Others } from '../others.js';
import { type Call, connect } from './connection.js';
import { createFacts } from './facts.js';
import { indexLane } from './roster.js';
import { parseUrl, withoutPassword } from './url.js';

export interface RedisStoreOptions extends Others {
  readonly url: string;
  /** Nobody is served: the time is what the caller says it is, and it may be one that is not filled yet. */
  readonly isAtRest?: boolean;
}

/** Rejects with an `OpenError` when Redis can't be reached or is none that can be used. */
export async function openConnection(options: RedisStoreOptions) {
  const { url, name, onNews, after, isAtRest = false } = options;
  const { kind, prefix } = parseUrl(url);
  const baseOf = (queue: string) => `${prefix}{${queue}}`;
  const onMessage = (text: string) => {
    const [by, queue = '', ended] = text.split(' ');
    const ids = ended === 'all' ? ended : ended?.split(',').map((id) => String(Number(id)));
    if (by !== name) onNews(queue, ids);
  };
  const connection = await connect(url, `${prefix}news`, { onMessage, after });
  try {
    const callIndex = connection.on(baseOf(indexLane));
    if (!isAtRest) await checkFilled(callIndex, url);
    const facts = await createFacts(connection.masters, { isCluster: kind === 'cluster' });
    return { connection, callIndex, baseOf, facts, idsFrom: await noteOf(callIndex, idsNote) };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** Up to this one, ids were given by the store from which this one was filled. */
export const idsNote = 'ids';

async function noteOf(callIndex: Call, name: string): Promise<string | undefined> {
  return (await callIndex('note', { name }).catch(() => undefined))?.head.text;
}

/** What is filled from another store is none yet. One that can't be asked now is not refused for that. */
async function checkFilled(callIndex: Call, url: string) {
  const why = unfinished(parseMark(await noteOf(callIndex, markNote)));
  if (why !== undefined) throw new OpenError(`${withoutPassword(url)} ${why}`);
}
