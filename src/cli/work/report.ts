/** What a worker says of its jobs: a line on stderr when one begins or ends, or JSON on stdout when it has ended. */

import type { WorkedJob, Worker } from '../../client/client.js';
import { rawJson } from '../terminal/json.js';
import type { Output } from '../terminal/output.js';
import type { Ending } from './child.js';

export interface Report {
  listen(worker: Worker): void;
  /** Of a job that is given back it says why. */
  childEnded(job: WorkedJob, ending: Ending): void;
  /** Said even with `--quiet`, though only once where it would be said again and again. */
  warn(text: string): void;
}

/** A line of talk is no place for a whole stack. */
const errorChars = 200;

const nameOf = ({ queue, id }: { readonly queue: string; readonly id: string }) => `${queue}/${id}`;
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

export function createReport(output: Output): Report {
  const running = new Map<string, { readonly begunAt: number; isLater?: boolean }>();
  let lastWarning = '';

  const say = (job: WorkedJob, text: string) => {
    lastWarning = '';
    if (!output.isJson) output.say(`${nameOf(job)} ${text}`);
  };

  function tell(job: WorkedJob, as: string, text: string, more: object = {}) {
    const { queue, id, attempt } = job;
    const { begunAt, isLater } = running.get(nameOf(job)) ?? { begunAt: performance.now() };
    running.delete(nameOf(job));
    const ms = Math.round(performance.now() - begunAt);
    const outcome = as === 'released' && isLater ? 'later' : as;
    say(job, `${outcome}${text} (${(ms / 1000).toFixed(1)} s)`);
    if (output.isJson) output.value({ queue, id, attempt, outcome, ...more, ms });
  }

  function warn(text: string) {
    if (text !== lastWarning) output.warn(shortened(text));
    lastWarning = text;
  }

  return {
    warn,
    listen(worker) {
      worker
        .on('started', (job) => {
          running.set(nameOf(job), { begunAt: performance.now() });
          say(job, `started${job.attempt > 1 ? `, attempt ${job.attempt}` : ''}`);
        })
        .on('done', (job, result) =>
          tell(job, 'done', '', result === undefined ? {} : { result: rawJson(result as string) }),
        )
        .on('failed', (job, reason, { state, runAt }) => {
          const error = messageOf(reason);
          const again = runAt === undefined ? '' : `, again at ${new Date(runAt * 1000).toISOString()}`;
          tell(job, state === 'dead' ? 'dead' : 'failed', `${again}: ${shortened(error)}`, {
            error,
            run_at: runAt,
          });
        })
        .on('released', (job) => tell(job, 'released', ''))
        .on('lost', (job, reason) => {
          const error = messageOf(reason);
          tell(job, 'lost', `: ${shortened(error)}`, { error });
        })
        .on('error', (error) => warn(messageOf(error)));
    },
    childEnded(job, { outcome }) {
      const known = running.get(nameOf(job));
      if (known) known.isLater = outcome === 'later';
    },
  };
}

/** On one line, its end, which says most. */
function shortened(error: string): string {
  const characters = [...error.trim().replace(/\s+/g, ' ')];
  return characters.length > errorChars ? `…${characters.slice(-errorChars).join('')}` : characters.join('');
}
