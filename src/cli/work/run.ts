/** A worker whose handler is a command: works until it is stopped, has nothing more to do, or can't go on. */

import { Dead, type JobContext, Snooze, type WorkOptions } from '../../client/client.js';
import { authStatus, failure, notFoundStatus } from '../exit.js';
import { type Session, statusOf } from '../session.js';
import type { Output } from '../terminal/output.js';
import { type Children, createChildren, type Ending } from './child.js';
import { createReport, type Report } from './report.js';
import { createStopping, type Stopping } from './stop.js';

export interface Work {
  readonly queues: readonly string[];
  readonly command: string;
  readonly args: readonly string[];
  /** `command` is a line for the shell. */
  readonly shell: boolean;
  /** When a job comes again whose command ended with 75. */
  readonly later: string;
  readonly options: WorkOptions & { readonly name: string };
}

/** Something is wrong with how the worker was set up (`EX_CONFIG` of sysexits.h). */
const unrunnableStatus = 78;

/** Resolves with the exit status. Rejects when the server can't be worked for at the start. */
export async function workUntilStopped(work: Work, { client, output, connection }: Session): Promise<number> {
  const { queues, options } = work;
  const children = childrenOf(work, connection.url, output);
  const stopping = createStopping(output, children.kill);
  const { signal } = stopping;
  try {
    // A worker waits for a server that is away; at its start nobody would notice a wrong URL.
    await client.calls.register({ queue: queues[0] as string, worker: options.name }, { signal });
  } catch (error) {
    if (signal.aborted) return 0;
    throw error;
  }
  const report = createReport(output);
  const handle = handlerOf(work, children, report, stopping);
  const worker = client.work([...queues], handle, { ...options, signal });
  report.listen(worker);
  worker.on('error', (error) => {
    if (statusOf(error) === authStatus) stopping.stop(authStatus);
  });
  const { taken, done } = await worker.ended;
  if (stopping.status !== undefined) return stopping.status;
  if (!options.once || done === 1) return 0;
  return taken === 0 ? notFoundStatus : failure;
}

function childrenOf({ command, args, shell }: Work, url: string, output: Output): Children {
  const { origin, pathname } = new URL(url);
  return createChildren({
    command,
    args,
    shell,
    // Without the token that may stand in it.
    url: `${origin}${pathname.replace(/\/+$/, '')}`,
    env: process.env,
    onWarning: ({ queue, id }, text) => output.warn(`${queue}/${id}: ${text}`),
    onStderr: (chunk) => process.stderr.write(chunk),
  });
}

function handlerOf({ later }: Work, children: Children, report: Report, stopping: Stopping) {
  return async (text: string, context: JobContext): Promise<string | undefined> => {
    const { queue, id, attempt, token, traceparent, signal } = context;
    const job = { queue, id, attempt, token, traceparent, text };
    const ending = await children.run(job, signal);
    report.childEnded(job, ending);
    if (ending.outcome === 'done') return ending.result;
    if (signal.aborted) throw signal.reason;
    if (ending.outcome !== 'unrunnable') throw failureOf(ending, later);
    if (stopping.stop(unrunnableStatus)) report.warn(`${ending.error}: the worker stops`);
    throw new Snooze(0, ending.error);
  };
}

function failureOf(ending: Exclude<Ending, { outcome: 'done' }>, later: string): Error {
  if (ending.outcome === 'later') return new Snooze(later);
  const { outcome, error } = ending;
  // What the command said is the error, without our stack.
  return Object.assign(outcome === 'dead' ? new Dead(error) : new Error(error), { stack: error });
}
