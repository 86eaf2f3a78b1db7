/** Reads request bodies: how large, in what encoding, and as which kind of thing. */

import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { ApiError } from '../api/errors.js';
import { elementTexts, isDeeperThan, memberTexts } from '../api/json.js';
import { limits } from '../api/limits.js';
import { type BodyKind, settledType } from '../api/route.js';

export interface BodyLimits {
  readonly maxJobBytes: number;
  readonly maxBatchBytes: number;
  /** All bodies that are arriving at one time, together; and all large answers that are not read yet. */
  readonly maxHeldBytes: number;
}

/** What a body brings to an operation's input: the job, the jobs, a result, or members by name; all but `jobs` as JSON texts. */
export interface BodyContent {
  readonly job?: string;
  readonly jobs?: string[];
  readonly result?: string;
  readonly members?: ReadonlyMap<string, string>;
}

const maxMembersBytes = 64 * 1024;

/** Throws or rejects with an `ApiError` for a body that can't be taken in. */
export type ReadBody = (request: IncomingMessage, kind: BodyKind) => Promise<BodyContent>;

export function createBodyReader(bounds: BodyLimits): ReadBody {
  const maxBytes: { readonly [K in BodyKind]: number } = {
    job: bounds.maxJobBytes,
    batch: bounds.maxBatchBytes,
    // With follow-up jobs it may be as large as a batch; a result by itself is no larger than a job.
    result: bounds.maxBatchBytes,
    members: maxMembersBytes,
    settlement: bounds.maxJobBytes,
    settlements: bounds.maxBatchBytes,
  };
  let held = 0;

  function tooLarge(kind: BodyKind): ApiError {
    const what = kind === 'job' || kind === 'batch' ? kind : 'body';
    return new ApiError('too_large', { message: `${what} is larger than ${maxBytes[kind]} bytes` });
  }

  function refusal(kind: BodyKind, size: number, heldThen: number): ApiError | undefined {
    if (size > maxBytes[kind]) return tooLarge(kind);
    return heldThen > bounds.maxHeldBytes ? new ApiError('busy') : undefined;
  }

  function content(bytes: Buffer, kind: BodyKind, type: string | undefined): BodyContent {
    const text = decode(bytes, kind);
    switch (kind) {
      case 'result':
        if (isSettledType.test(type ?? '')) return { members: asMembers(text) };
        if (bytes.length > bounds.maxJobBytes) {
          throw new ApiError('too_large', { message: `result is larger than ${bounds.maxJobBytes} bytes` });
        }
        return asResult(text);
      case 'job':
        return { job: asJob(text) };
      case 'batch':
        return { jobs: asBatch(text, maxBytes.job) };
      default:
        return { members: asMembers(text) };
    }
  }

  function receive(request: IncomingMessage, kind: BodyKind): Promise<BodyContent> {
    return new Promise((resolve, reject) => {
      let chunks: Buffer[] = [];
      let size = 0;
      const release = () => {
        held -= size;
        size = 0;
        chunks = [];
      };
      const stop = (error: ApiError) => {
        release();
        request.removeAllListeners('data');
        reject(error);
      };
      request.on('data', (chunk: Buffer) => {
        size += chunk.length;
        held += chunk.length;
        const error = refusal(kind, size, held);
        if (error) stop(error);
        else chunks.push(chunk);
      });
      request.on('end', () => {
        const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
        release();
        try {
          resolve(content(bytes, kind, request.headers['content-type']));
        } catch (error) {
          reject(error);
        }
      });
      request.on('error', (cause) => stop(new ApiError('malformed', { cause })));
    });
  }

  return (request, kind) => {
    checkHeaders(request, kind);
    const announced = Number(request.headers['content-length'] ?? 0);
    const error = refusal(kind, announced, held + announced);
    if (error) throw error;
    return receive(request, kind);
  };
}

const needsType = (kind: BodyKind) => kind === 'job' || kind === 'batch';
const isSettledType = new RegExp(`^${settledType.replace(/[.+]/g, '\\$&')}\\s*(?:;|$)`, 'i');
const jsonType = /^application\/json\s*(?:;(.*))?$/i;
const otherCharset = /(?:^|;)\s*charset\s*=\s*(?!"?utf-?8"?\s*(?:;|$))/i;

function checkHeaders({ headers }: IncomingMessage, kind: BodyKind) {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') throw new ApiError('content_encoding');
  const transfer = headers['transfer-encoding'];
  if (transfer !== undefined && transfer.toLowerCase() !== 'chunked') throw new ApiError('content_encoding');
  const type = headers['content-type'];
  if (type === 'application/json') return;
  const parameters = jsonType.exec(type ?? '');
  if (needsType(kind) && !parameters) throw new ApiError('content_type');
  if (otherCharset.test(type?.replace(/^[^;]*/, '') ?? '')) throw new ApiError('charset');
}

function decode(bytes: Buffer, kind: BodyKind): string {
  if (!isUtf8(bytes)) {
    throw new ApiError(needsType(kind) ? 'job_invalid' : 'body_invalid', {
      message: 'body is not valid UTF-8',
    });
  }
  return bytes.toString();
}

function parse(text: string, error: 'job_invalid' | 'body_invalid', maxDepth: number): unknown {
  if (isDeeperThan(text, maxDepth)) {
    const what = error === 'body_invalid' ? 'body' : 'job';
    throw new ApiError(error, { message: `${what} is nested more than ${limits.jobDepth} levels deep` });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = error === 'body_invalid' ? 'body is not valid JSON' : undefined;
    throw new ApiError(error, { cause, ...(message !== undefined && { message }) });
  }
}

/** Throws an `ApiError` for a text that is no job. */
export function asJob(text: string): string {
  if (text === '') throw new ApiError('job_missing');
  parse(text, 'job_invalid', limits.jobDepth);
  return text;
}

function asBatch(text: string, maxJobBytes: number): string[] {
  if (text === '') throw new ApiError('job_missing');
  parse(text, 'job_invalid', limits.jobDepth + 2);
  const jobs = elementTexts(text, 'jobs', limits.jobsPerPush);
  if (!jobs) throw new ApiError('jobs_invalid');
  for (const [index, job] of jobs.entries()) {
    if (isDeeperThan(job, limits.jobDepth)) {
      throw new ApiError('job_invalid', {
        message: `jobs[${index}] is nested more than ${limits.jobDepth} levels deep`,
      });
    }
    if (job.length > maxJobBytes / 4 && Buffer.byteLength(job) > maxJobBytes) {
      throw new ApiError('too_large', { message: `jobs[${index}] is larger than ${maxJobBytes} bytes` });
    }
  }
  return jobs;
}

/** Throws an `ApiError` for a text that is no JSON. */
export function asJsonValue(text: string): string {
  parse(text, 'body_invalid', limits.jobDepth);
  return text;
}

function asResult(text: string): BodyContent {
  if (isBlank.test(text)) return {};
  return { result: asJsonValue(text) };
}

/** `{"done":[{"push":[{"job":…}]}]}`: what is around a job in a list of settlements. */
const envelopeDepth = 5;

const isBlank = /^[ \t\r\n]*$/;

function asMembers(text: string): ReadonlyMap<string, string> {
  if (isBlank.test(text)) return new Map();
  parse(text, 'body_invalid', limits.jobDepth + envelopeDepth);
  const found = memberTexts(text);
  if (!found) throw new ApiError('body_invalid');
  const { members, repeated } = found;
  if (repeated !== undefined)
    throw new ApiError('invalid', { message: `${repeated} is given more than once` });
  return members;
}
