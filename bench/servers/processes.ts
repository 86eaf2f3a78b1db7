// Starts the bench's child processes and sees to it that none outlives the bench.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { openSync, readFileSync, readlinkSync } from 'node:fs';

const STOP_LIMIT_MS = 15_000;

const running = new Set<ChildProcess>();

// The last resort, whatever ends the bench: a thrown error, a signal, or just its end.
process.on('exit', () => {
  for (const child of running) for (const pid of tree(child.pid).reverse()) kill(pid, 'SIGKILL');
});

/** Starts one of the bench's own scripts, which ends by itself when the bench is gone. */
export function startScript(script: URL, args: string[]): ChildProcess {
  return keep(fork(script, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }));
}

/** Starts any command, with what it says going to a file. */
export function startCommand(command: string[], logFile: string): ChildProcess {
  const log = openSync(logFile, 'w');
  const [file = '', ...args] = command;
  return keep(spawn(file, args, { stdio: ['ignore', log, log] }));
}

/** The node process of a child which may be a wrapper around it (`strace node …`). */
export function nodePid(child: ChildProcess): number {
  const pids = tree(child.pid);
  const found = pids.find((pid) => executable(pid) === process.execPath) ?? pids[0];
  if (found === undefined) throw new Error('a server is gone');
  return found;
}

/** Asks by SIGTERM, so that profiles get written, and kills what does not listen. False if it had to. */
export async function stop(child: ChildProcess): Promise<boolean> {
  if (!running.has(child)) return true;
  const ended = new Promise<true>((resolve) => child.once('exit', () => resolve(true)));
  kill(nodePid(child), 'SIGTERM');
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), STOP_LIMIT_MS);
  });
  const clean = await Promise.race([ended, late]);
  clearTimeout(timer);
  if (!clean) for (const pid of tree(child.pid).reverse()) kill(pid, 'SIGKILL');
  return clean;
}

function keep(child: ChildProcess): ChildProcess {
  running.add(child);
  child.on('exit', () => running.delete(child));
  child.on('error', () => running.delete(child));
  return child;
}

/** A process and what it started, parents first. */
function tree(pid: number | undefined): number[] {
  if (pid === undefined) return [];
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1');
    return [pid, ...children.split(' ').filter(Boolean).map(Number).flatMap(tree)];
  } catch {
    return [pid];
  }
}

function executable(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return undefined;
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself meanwhile.
  }
}
