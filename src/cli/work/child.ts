/** Runs a worker's command for a job: the job on its stdin; what it says and how it ends is what came of the job. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  type ChildJob,
  type Environment,
  environmentOf,
  filled,
  namesFile,
  shellWord,
} from './child-command.js';
import { type JobFile, writeJobFile } from './child-file.js';
import { endGroup, signalGroup } from './child-group.js';
import { type Result, readError, readResult } from './child-output.js';

/** `unrunnable`: the command itself is at fault, whatever the job. */
export type Ending =
  | { readonly outcome: 'done'; readonly result?: string }
  | { readonly outcome: 'later' }
  | { readonly outcome: 'dead' | 'failed' | 'unrunnable'; readonly error: string };

export interface ChildrenOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** `command` is a line for `sh -c`. */
  readonly shell?: boolean;
  readonly url: string;
  readonly env: Environment;
  readonly onWarning: (job: ChildJob, text: string) => void;
  /** Gets all that the children say on stderr. */
  readonly onStderr: (chunk: Buffer) => void;
  /** How long a process group has from SIGTERM to SIGKILL. */
  readonly killAfterMs?: number;
}

export interface Children {
  /** An aborted `signal` ends the child's process group; what came of the job is told all the same. */
  run(job: ChildJob, signal: AbortSignal): Promise<Ending>;
  /** Kills them all at once, and leaves no file: for an exit that waits for nothing. */
  kill(): void;
}

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const laterStatus = 75;
const deadStatus = 65;
/** What a shell says of a command that may not be run, or is not there. */
const unrunnableStatuses: readonly (number | null)[] = [126, 127];
/** The machine is short of something, or the program is being replaced: soon it can be run. */
const passing: readonly string[] = ['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ENOSPC', 'ETXTBSY'];
/** Whoever the child started may hold its pipes open for ever. */
const pipesMs = 1_000;

export function createChildren(options: ChildrenOptions): Children {
  const { command, args, shell = false, url, onWarning, onStderr, killAfterMs = 5_000 } = options;
  const groups = new Set<number>();
  const files = new Set<JobFile>();

  function wordsFor(job: ChildJob, file: string): string[] {
    if (!shell) return [command, ...filled(args, job, file)];
    return ['sh', '-c', ...filled([command], job, file, shellWord), 'sh', ...filled(args, job, file)];
  }

  async function runWith(job: ChildJob, file: string, signal: AbortSignal): Promise<Ending> {
    const child = await spawned(wordsFor(job, file), environmentOf(options.env, url, job));
    const { pid } = child;
    groups.add(pid);
    const exited = exitOf(child);
    const closed = new Promise((resolve) => child.once('close', resolve));
    const result = readResult(child.stdout);
    const error = readError(child.stderr, onStderr);
    // A child need not read its job.
    child.stdin.on('error', () => {}).end(job.text);

    const ended = endWhenAborted(signal, () => endGroup(pid, killAfterMs));
    const exit = await exited;
    await ended();
    groups.delete(pid);
    await read(child, closed);
    return endingOf(exit, result(), error(), (text) => onWarning(job, text));
  }

  return {
    async run(job, signal) {
      let file: JobFile | undefined;
      try {
        if (namesFile([command, ...args])) file = writeJobFile(job.text);
        if (file) files.add(file);
        return await runWith(job, file?.path ?? '', signal);
      } catch (error) {
        return unstarted(command, error as NodeJS.ErrnoException, (text) => onWarning(job, text));
      } finally {
        if (file) files.delete(file);
        file?.remove();
      }
    },
    kill() {
      for (const pid of groups) signalGroup(pid, 'SIGKILL');
      for (const file of files) file.remove();
    },
  };
}

type Child = ChildProcessWithoutNullStreams & { readonly pid: number };

/** Rejects when it can't be started. */
async function spawned(words: readonly string[], env: Environment): Promise<Child> {
  // As the leader of a group it can be ended with all that it starts, and a terminal's Ctrl-C is ours alone.
  const child = spawn(words[0] as string, words.slice(1), { env, detached: true, stdio: 'pipe' });
  if (child.pid === undefined) await once(child, 'spawn');
  return child as Child;
}

const exitOf = (child: Child) =>
  new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));

/** Calls `end` once the signal is aborted. What is returned says that nothing more is to be ended, and waits for an end under way. */
function endWhenAborted(signal: AbortSignal, end: () => Promise<void>): () => Promise<void> {
  let ending = Promise.resolve();
  const begin = () => {
    ending = end();
  };
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  return () => {
    signal.removeEventListener('abort', begin);
    return ending;
  };
}

/** Waits until what it said was read, or long enough. */
async function read({ stdout, stderr }: Child, closed: Promise<unknown>): Promise<void> {
  const timer = setTimeout(() => {
    for (const pipe of [stdout, stderr]) pipe.destroy();
  }, pipesMs);
  await closed;
  clearTimeout(timer);
}

function endingOf(exit: Exit, result: Result, said: string, warn: (text: string) => void): Ending {
  const { code, signal } = exit;
  if (code === 0) {
    if (result.refused !== undefined) warn(`${result.refused}: there is no result`);
    return { outcome: 'done', ...(result.json !== undefined && { result: result.json }) };
  }
  if (code === laterStatus) return { outcome: 'later' };
  const error = said !== '' ? said : code === null ? `killed by ${signal}` : `exit status ${code}`;
  if (unrunnableStatuses.includes(code)) return { outcome: 'unrunnable', error };
  return { outcome: code === deadStatus ? 'dead' : 'failed', error };
}

const reasons: { readonly [code: string]: string } = {
  ENOENT: 'there is no such command',
  EACCES: 'it may not be run',
};

function unstarted(
  command: string,
  { code = '', message }: NodeJS.ErrnoException,
  warn: (text: string) => void,
): Ending {
  const error = `${command} can't be run: ${reasons[code] ?? message}`;
  if (!passing.includes(code)) return { outcome: 'unrunnable', error };
  warn(error);
  return { outcome: 'later' };
}
