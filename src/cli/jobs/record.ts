/** Jobs as they are kept, as JSON: to be shown, and as lines of an export that can be read again. */

import { memberTexts } from '../../api/json.js';
import type { JobState, JobView } from '../../client/client.js';
import { jsonText, rawJson } from '../terminal/json.js';

/** The colour that each state is shown in. */
export const stateColors = {
  ready: 'green',
  delayed: 'yellow',
  leased: 'cyan',
  done: 'dim',
  dead: 'red',
} as const;

export const states = ['leased', 'ready', 'delayed', 'dead', 'done'] as const satisfies readonly JobState[];

/** As the server shows it; `job` and `result` keep their digits and the order of their keys. */
export function viewJson({ job, result, ...view }: JobView): object {
  return { ...view, ...raw('job', job), ...raw('result', result) };
}

const raw = (name: string, text: unknown) => (typeof text === 'string' ? { [name]: rawJson(text) } : {});

/** One line. A job that is not on one line is the string `job_text`: so it keeps its bytes. */
export function recordText(view: JobView): string {
  const { job, ...rest } = view;
  if (typeof job !== 'string' || !/[\r\n]/.test(job)) return jsonText(viewJson(view));
  return jsonText({ ...viewJson(rest), job_text: job });
}

/** What an import reads from a line. */
export interface Imported {
  /** The job's bytes; nothing when the record has none. */
  readonly job: string | undefined;
  readonly state?: string;
  readonly priority?: number;
  readonly tags?: readonly string[];
  /** Epoch seconds. */
  readonly run_at?: number;
}

/** Any line of JSON that has not all the members of an exported record is a job itself. */
export function importedOf(line: string): Imported {
  const value: unknown = JSON.parse(line);
  if (!isRecord(value)) return { job: line };
  const { state, priority, tags, run_at } = value;
  return { job: value.job_text ?? memberTexts(line)?.members.get('job'), state, priority, tags, run_at };
}

interface Record extends Imported {
  readonly id: string;
  readonly state: string;
  readonly priority: number;
  readonly tags: readonly string[];
  readonly run_at: number;
  readonly job_text?: string;
}

function isRecord(value: unknown): value is Record {
  const { id, queue, state, priority, tags, run_at, created_at } = (value ?? {}) as {
    [name: string]: unknown;
  };
  return (
    [id, queue, state].every((text) => typeof text === 'string') &&
    states.some((known) => known === state) &&
    [priority, run_at, created_at].every((number) => typeof number === 'number') &&
    Array.isArray(tags)
  );
}
