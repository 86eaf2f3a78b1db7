/** Clients that push, lease and settle while the server comes and goes, and write down all that they see. */

import { type Answer, type Client, pause } from './client.js';
import type { Grant, History, Said } from './lease-history.js';
import type { Random } from './random.js';

export interface Setting {
  readonly client: Client;
  readonly history: History;
  readonly random: Random;
  readonly queue: string;
  readonly leaseMs: number;
  readonly isOver: () => boolean;
  /** The longest pause between two pushes. */
  readonly pushPauseMs?: number;
}

/** The server is away: not to be asked in a tight loop. */
const awayMs = 50;
/** A settlement without an answer is said again so long after the lease's end. */
const insistMs = 500;

type Asked = { readonly sent: number; readonly at: number; readonly answer: Answer | undefined };

async function ask(client: Client, ...request: Parameters<Client['ask']>): Promise<Asked> {
  const sent = Date.now();
  const answer = await client.ask(...request).catch(() => undefined);
  const at = Date.now();
  if (!answer) await pause(awayMs);
  else if (answer.status >= 500) throw new Error(`${request.join(' ')}: ${answer.status} ${answer.text}`);
  return { sent, at, answer };
}

/** Pushes jobs of its own, one at a time or three as a batch. */
export async function pushOn(
  { client, history, random, queue, isOver, pushPauseMs = 20 }: Setting,
  name: string,
) {
  for (let n = 0; !isOver(); n++) {
    const isBatch = random() < 0.1;
    const jobs = (isBatch ? ['a', 'b', 'c'] : ['']).map((part) => `{"job":"${name}-${n}${part}"}`);
    const { sent, at, answer } = await (isBatch
      ? ask(client, 'POST', `/qb/${queue}`, `{"jobs":[${jobs.join()}]}`)
      : ask(client, 'POST', `/q/${queue}`, jobs[0]));
    history.write({ event: answer?.status === 201 ? 'pushed' : 'cut', sent, at, jobs });
    await pause(random() * pushPauseMs);
  }
}

/** Leases jobs and settles them: most are done, some fail, go back, take longer, or are forgotten. */
export async function leaseOn(setting: Setting) {
  const { client, history, random, queue, leaseMs, isOver } = setting;
  const paths = [`/q/${queue}?`, `/q/${queue}?`, `/q/${queue}?wait=1s&`, `/qb/${queue}?batch_size=3&`];
  while (!isOver()) {
    const path = `${paths[random.below(paths.length)]}lease=${leaseMs}ms`;
    const { sent, at, answer } = await ask(client, 'GET', path);
    const grants = answer?.status === 200 ? grantsOf(answer) : [];
    if (!answer) history.write({ event: 'cut', sent, at });
    else if (grants.length === 0) history.write({ event: 'empty', sent, at });
    for (const lease of grants) history.write({ event: 'leased', sent, at, lease });
    for (const grant of grants) await treat(setting, grant);
    if (grants.length === 0) await pause(5);
  }
}

function grantsOf({ headers, text }: Answer): Grant[] {
  if (headers['presque-lease'] === undefined) {
    type Item = { id: string; lease: string; attempt: number; expires_at: number; job: unknown };
    return (JSON.parse(text) as Item[]).map(({ id, lease, attempt, expires_at, job }) => ({
      id,
      token: lease,
      job: JSON.stringify(job),
      attempt,
      expires: Math.round(expires_at * 1000),
    }));
  }
  const grant = {
    id: String(headers['presque-job']),
    token: String(headers['presque-lease']),
    job: text,
    attempt: Number(headers['presque-attempt']),
    expires: Math.round(Number(headers['presque-expires']) * 1000),
  };
  return [grant];
}

async function treat(setting: Setting, grant: Grant) {
  const { random, leaseMs } = setting;
  await pause(random() * 30);
  const chance = random();
  if (chance < 0.7) return settle(setting, grant, 'done');
  if (chance < 0.78) return settle(setting, grant, 'fail', '&delay=300ms');
  if (chance < 0.86) return settle(setting, grant, 'release');
  if (chance < 0.95) {
    // Never to an earlier time than before: what is not answered may have been heard.
    await settle(setting, grant, 'extend', `&for=${2 * leaseMs}ms`);
    await pause(random() * 30);
    return settle(setting, grant, 'done');
  }
  if (chance < 0.97) return;
  // Too late.
  await pause(grant.expires - Date.now() + 10);
  return settle(setting, grant, 'done');
}

/** Says it, again and again while the server is away; an extension only once. */
async function settle(
  { client, history, queue }: Setting,
  { id, token, expires }: Grant,
  act: Said['act'],
  more = '',
) {
  do {
    const path = `/j/${queue}/${id}/${act}?lease=${token}${more}`;
    const { sent, at, answer } = await ask(client, 'POST', path);
    if (answer) {
      const said = { act, id, token, status: answer.status, ...timeOf(answer) };
      return history.write({ event: 'settled', sent, at, said });
    }
    history.write({ event: 'cut', sent, at, said: { act, id, token } });
  } while (act !== 'extend' && Date.now() < expires + insistMs);
}

function timeOf({ status, text }: Answer): { time?: number } {
  if (status !== 200) return {};
  const { run_at, expires_at } = JSON.parse(text) as { run_at?: number; expires_at?: number };
  const seconds = run_at ?? expires_at;
  return seconds === undefined ? {} : { time: Math.round(seconds * 1000) };
}

/** Writes down all that the queue has. Leases and delays may end meanwhile: such a job is found where it was, not where it goes. */
export async function listOn({ client, history, queue }: Setting) {
  const seen = new Set<string>();
  for (const state of ['delayed', 'leased', 'ready', 'done', 'dead']) {
    let path: string | undefined = `/j/${queue}?state=${state}&limit=1000`;
    while (path !== undefined) {
      const answer: Answer = await client.ask('GET', path);
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
      for (const { id, job } of JSON.parse(answer.text) as { id: string; job: unknown }[]) {
        if (!seen.has(id)) history.write({ event: 'left', id, state, job: JSON.stringify(job) });
        seen.add(id);
      }
      path = /<([^>]+)>; rel="next"/.exec(String(answer.headers.link))?.[1];
    }
  }
}
