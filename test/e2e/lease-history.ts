/** The history of clients that push, lease and settle while the server is killed: how it is written, read, and judged. */

import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

/** Of what a client did. Times are epoch milliseconds, `sent` when it asked, `at` when it had the answer. */
export type Event =
  | ({ readonly event: 'pushed'; readonly jobs: readonly string[] } & Span)
  | ({ readonly event: 'leased'; readonly lease: Grant } & Span)
  | ({ readonly event: 'empty' } & Span)
  | ({ readonly event: 'settled'; readonly said: Said } & Span)
  /** No answer came. */
  | ({ readonly event: 'cut'; readonly jobs?: readonly string[]; readonly said?: Said } & Span)
  | { readonly event: 'killed' | 'serves'; readonly at: number }
  /** What is there in the end. */
  | { readonly event: 'left'; readonly id: string; readonly state: string; readonly job: string };

interface Span {
  readonly sent: number;
  readonly at: number;
}

export interface Grant {
  readonly id: string;
  readonly token: string;
  readonly job: string;
  readonly attempt: number;
  readonly expires: number;
}

export interface Said {
  readonly act: 'done' | 'fail' | 'release' | 'extend';
  readonly id: string;
  readonly token: string;
  /** What was answered: the status, and of a 200 when the job is ready or the lease is over. */
  readonly status?: number;
  readonly time?: number;
}

export function createHistory(path: string) {
  const file = openSync(path, 'w');
  return {
    write: (event: Event) => void writeSync(file, `${JSON.stringify(event)}\n`),
    close: () => closeSync(file),
  };
}

export type History = ReturnType<typeof createHistory>;

export function readHistory(path: string): Event[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Event);
}

/** One lease, and all that was said about it. */
interface Tenure extends Grant, Span {
  /** When the server gave it. */
  readonly since: number;
  readonly said: ({ readonly said: Said } & Span)[];
}

const accepted = ({ status }: Said) => status === 200 || status === 204;

/** What is wrong with a history, one sentence each; leases were asked for `leaseMs`. */
export function faultsOf(events: readonly Event[], leaseMs: number): string[] {
  const tenures = tenuresOf(events, leaseMs);
  return [
    ...lostOf(events),
    ...[...tenures.values()].flat().flatMap(wrongTimes),
    ...[...tenures.values()].flatMap((those) => [
      ...endedTwice(those),
      ...tooLate(those),
      ...tooEarly(those),
    ]),
  ];
}

function tenuresOf(events: readonly Event[], leaseMs: number): Map<string, Tenure[]> {
  const byToken = new Map<string, Tenure>();
  for (const event of events) {
    if (event.event !== 'leased') continue;
    const { sent, at, lease } = event;
    byToken.set(lease.token, { ...lease, sent, at, since: lease.expires - leaseMs, said: [] });
  }
  for (const event of events) {
    if ((event.event !== 'settled' && event.event !== 'cut') || !event.said) continue;
    byToken.get(event.said.token)?.said.push({ sent: event.sent, at: event.at, said: event.said });
  }
  const byId = new Map<string, Tenure[]>();
  for (const tenure of [...byToken.values()].sort((a, b) => a.since - b.since)) {
    byId.set(tenure.id, [...(byId.get(tenure.id) ?? []), tenure]);
  }
  return byId;
}

/** What was acknowledged is there in the end, once: each push, with its text, and what was done. */
function lostOf(events: readonly Event[]): string[] {
  const faults: string[] = [];
  const left = new Map<string, string>();
  const states = new Map<string, string>();
  for (const event of events) {
    if (event.event !== 'left') continue;
    if (left.has(event.job)) faults.push(`${event.job} is ${left.get(event.job)} and ${event.id}`);
    left.set(event.job, event.id);
    states.set(event.id, event.state);
  }
  for (const event of events) {
    if (event.event === 'pushed') {
      const lost = event.jobs.filter((job) => !left.has(job));
      faults.push(...lost.map((job) => `${job} is lost, whose push was acknowledged at ${event.at}`));
    }
    if (event.event !== 'settled' || event.said.act !== 'done' || !accepted(event.said)) continue;
    const state = states.get(event.said.id);
    if (state !== 'done') faults.push(`job ${event.said.id} was told done at ${event.at}, and is ${state}`);
  }
  return faults;
}

/** The server and the clients look at the same clock. */
function wrongTimes({ id, token, sent, at, since }: Tenure): string[] {
  return sent <= since && since <= at
    ? []
    : [`lease ${token} of job ${id}, asked for at ${sent} and had at ${at}, began at ${since}`];
}

function endedTwice(those: readonly Tenure[]): string[] {
  const ending = those.filter(({ said }) =>
    said.some((one) => one.said.act === 'done' && accepted(one.said)),
  );
  const first = ending[0];
  return first && ending.length > 1
    ? [`job ${first.id} was told done under leases ${ending.map(({ token }) => token).join(' and ')}`]
    : [];
}

/** Nothing is accepted that was first said when another had the job. */
function tooLate(those: readonly Tenure[]): string[] {
  return those.slice(0, -1).flatMap(({ id, token, said: all }, index) => {
    const next = those[index + 1] as Tenure;
    const late = all.find(({ said }) => {
      const first = Math.min(...all.filter((one) => one.said.act === said.act).map(({ sent }) => sent));
      return accepted(said) && first > next.since;
    });
    return late
      ? [`${late.said.act} of job ${id} under lease ${token} was accepted, though ${next.token} held it`]
      : [];
  });
}

/** A job is delivered again only when the lease before was over, given back, or failed, and never once it is done. */
function tooEarly(those: readonly Tenure[]): string[] {
  return those.slice(1).flatMap((next, index) => {
    const before = those[index] as Tenure;
    const what = `job ${next.id} was delivered at ${next.since} under lease ${next.token}`;
    const done = those.flatMap(({ said }) => said).find(({ said }) => said.act === 'done' && accepted(said));
    if (done && done.at < next.since) return [`${what}, though it was done at ${done.at}`];
    const free = freeAt(before, next.since);
    return next.since < free ? [`${what}, though lease ${before.token} held until ${free}`] : [];
  });
}

/** From when on others may have the job, as far as the holder knows; what has no answer may have been heard. */
function freeAt({ expires, said: all }: Tenure, now: number): number {
  let until = expires;
  for (const { sent, said } of all) {
    if (sent > now) continue;
    if (said.act === 'extend' && accepted(said)) until = Math.max(until, said.time ?? 0);
    if (said.act === 'fail' || said.act === 'release') {
      if (said.status === undefined) return 0;
      if (accepted(said)) return said.time ?? 0;
    }
  }
  return until;
}
