/** Reads request bodies: how large, in what encoding, and as which kind of thing. */

import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { ApiError } from '../api/errors.js';
import type { BodyKind } from '../api/route.js';
import { limits } from '../api/schema.js';
import { elementTexts, isDeeperThan, repeatedMember } from './json.js';

export interface BodyLimits {
  readonly maxJobBytes: number;
  readonly maxBatchBytes: number;
  /** All bodies that are arriving at one time, together; and all large answers that are not read yet. */
  readonly maxHeldBytes: number;
}

/** What a body brings to an operation's input: the job, the jobs, or members by name. */
export interface BodyContent {
  readonly job?: string;
  readonly jobs?: string[];
  readonly members?: { readonly [name: string]: unknown };
}

const maxMembersBytes = 64 * 1024;

/** Throws or rejects with an `ApiError` for a body that can't be taken in. */
export type ReadBody = (request: IncomingMessage, kind: BodyKind) => Promise<BodyContent>;

export function createBodyReader(bounds: BodyLimits): ReadBody {
  const maxBytes = { job: bounds.maxJobBytes, batch: bounds.maxBatchBytes, members: maxMembersBytes };
  let held = 0;

  function tooLarge(kind: BodyKind): ApiError {
    const what = { job: 'job', batch: 'batch', members: 'body' }[kind];
    return new ApiError('too_large', { message: `${what} is larger than ${maxBytes[kind]} bytes` });
  }

  function refusal(kind: BodyKind, size: number, heldThen: number): ApiError | undefined {
    if (size > maxBytes[kind]) return tooLarge(kind);
    return heldThen > bounds.maxHeldBytes ? new ApiError('busy') : undefined;
  }

  function content(bytes: Buffer, kind: BodyKind): BodyContent {
    const text = decode(bytes, kind);
    switch (kind) {
      case 'job':
        return { job: asJob(text) };
      case 'batch':
        return { jobs: asBatch(text, maxBytes.job) };
      case 'members':
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
          resolve(content(bytes, kind));
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

const jsonType = /^application\/json\s*(?:;(.*))?$/i;
const otherCharset = /(?:^|;)\s*charset\s*=\s*(?!"?utf-?8"?\s*(?:;|$))/i;

function checkHeaders({ headers }: IncomingMessage, kind: BodyKind) {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') throw new ApiError('content_encoding');
  const type = headers['content-type'];
  if (type === 'application/json') return;
  const parameters = jsonType.exec(type ?? '');
  if (kind !== 'members' && !parameters) throw new ApiError('content_type');
  if (otherCharset.test(type?.replace(/^[^;]*/, '') ?? '')) throw new ApiError('charset');
}

function decode(bytes: Buffer, kind: BodyKind): string {
  if (!isUtf8(bytes)) {
    throw new ApiError(kind === 'members' ? 'body_invalid' : 'job_invalid', {
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
    throw new ApiError(error, { cause });
  }
}

function asJob(text: string): string {
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

function asMembers(text: string): { readonly [name: string]: unknown } {
  if (/^[ \t\r\n]*$/.test(text)) return {};
  const value = parse(text, 'body_invalid', limits.jobDepth);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ApiError('body_invalid');
  const repeated = repeatedMember(text);
  if (repeated !== undefined)
    throw new ApiError('invalid', { message: `${repeated} is given more than once` });
  return value as { [name: string]: unknown };
}
