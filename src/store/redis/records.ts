/** Between jobs as the store knows them and as Redis keeps them: ids are texts there, and fractions, since cjson loses digits. */

import type { Attempt, Details, Job, NewJob, Settlement } from '../../core/job.js';
import type { Moved, Settled } from '../calls.js';
import { listCursor, parseCursor } from '../cursor.js';
import type { News, RawSettled, Replies } from './replies.js';

/** JSON for a script: no lone surrogates, which its decoder refuses (they become U+FFFD, as in any UTF-8). */
export function encode(value: unknown): string {
  const text = JSON.stringify(value);
  return text.includes('\\ud') ? JSON.stringify(value, wellFormed) : text;
}

const wellFormed = (_: string, member: unknown) =>
  typeof member === 'string' ? Buffer.from(member).toString() : member;

/** An empty list comes as an empty object. */
export const listOf = <T>(value: readonly T[] | object | undefined): T[] =>
  Array.isArray(value) ? value : [];

type Raw = { [name: string]: unknown };

/** Jobs as scripts hand them out: id and record, text, and result in turn. */
export function jobsOf(reply: readonly (string | null)[]): Job[] {
  const jobs: Job[] = [];
  for (let at = 0; at < reply.length; at += 3) {
    const record = reply[at] as string;
    const begin = record.indexOf('{');
    // One object for each of very many: it is not taken apart.
    const job = JSON.parse(record.slice(begin)) as Raw;
    job.id = Number(record.slice(0, begin));
    job.body = reply[at + 1];
    if (job.details) job.details = detailsOf(job.details as Raw);
    if (reply[at + 2] !== null) job.result = reply[at + 2];
    jobs.push(job as unknown as Job);
  }
  return jobs;
}

function detailsOf({ progress, log, ...details }: Raw): Details {
  return {
    ...details,
    ...(progress !== undefined && { progress: Number(progress) }),
    ...(log !== undefined && { log: withPushed(log as Attempt[], withNumber) as Attempt[] }),
  };
}

/** The record of a job that a take gave. */
export function recordOf({ id: _, body: __, result: ___, details, ...life }: Job) {
  if (!details) return life;
  const { progress, log, ...rest } = details;
  return {
    ...life,
    details: {
      ...rest,
      ...(progress !== undefined && { progress: String(progress) }),
      ...(log && { log: withPushed(log, withText) }),
    },
  };
}

/** The record of a job from another kind of store, as it is kept: a list that is empty would become an empty object. */
export function recordText(job: Job): string {
  if (job.details === undefined) return encode(recordOf(job));
  const { details, ...life } = JSON.parse(encode(recordOf(job)), withoutEmpty);
  return JSON.stringify(Object.keys(details).length === 0 ? life : { ...life, details });
}

const withoutEmpty = (_: string, member: unknown) =>
  Array.isArray(member) && member.length === 0 ? undefined : member;

/** Attempts, with the ids of the follow-up jobs spelt in another way. */
const withPushed = (log: readonly Attempt[], spelt: (one: { queue: string; id: number }) => object) =>
  log.map((attempt) => {
    const pushed = attempt.answer?.pushed;
    if (!pushed) return attempt;
    // Those that wait in an outbox have no ids yet.
    const known = pushed.filter(({ id }) => id !== undefined);
    return { ...attempt, answer: { ...attempt.answer, pushed: known.map(spelt) } };
  });

export const withNumber = <T extends { readonly id: unknown }>(one: T) => ({ ...one, id: Number(one.id) });
const withText = <T extends { readonly id: number }>(one: T) => ({ ...one, id: idText(one.id) });

const idDigits = 15;

/** As Redis knows it: of one length, so that ids as texts are in their order, also those that another kind of store gave. */
export const idText = (id: number) => String(id).padStart(idDigits, '0');

/** An empty list would come back as an empty object. */
export function newJobOf({ body: _, ...job }: NewJob) {
  return job.tags?.length === 0 ? { ...job, tags: undefined } : job;
}

export function settlementOf(settlement: Settlement, chance: number) {
  const { id, ...says } = settlement;
  const given = { ...says, id: idText(id), chance };
  if (says.act === 'extend') {
    const { progress } = says;
    return { ...given, ...(progress !== undefined && { progress: String(progress) }) };
  }
  if (says.act !== 'done' || !says.push) return given;
  const push = says.push.map(({ queue, job }) => ({ queue, job: newJobOf(job), body: job.body }));
  return { ...given, push: push.length > 0 ? push : undefined };
}

/** `idOf` knows the ids of what had to be delivered. */
export function settledOf(settled: RawSettled, idOf: (name: string) => number): Settled {
  if ('refused' in settled) return settled;
  const { pushed, ...rest } = settled;
  if (!pushed) return rest;
  return {
    ...rest,
    pushed: pushed.map(({ queue, id, outbox }) => ({
      queue,
      id: outbox === undefined ? Number(id) : idOf(outbox),
    })),
  };
}

export const movedOf = (moved: News['moved']): Moved[] => listOf(moved).map(withNumber);

/** Where a page begins, from the cursor of the one before. */
export function fromOf(after: string | undefined) {
  const from = parseCursor(after);
  return from && { from: { at: String(from.at), id: idText(from.id) } };
}

export function nextOf({ next }: Pick<Replies['list'], 'next'>) {
  return next && { next: listCursor({ at: next.at, id: Number(next.id) }) };
}
