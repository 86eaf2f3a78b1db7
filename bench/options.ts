// The command line of the bench: every option once, read strictly.
import { parseArgs } from 'node:util';
import { cases } from './cases/all.js';

export interface Options {
  connections: number[];
  seconds: number;
  rounds: number;
  cases: string[];
  /** A store's URL, or `redis` for a Redis of the bench's own; undefined is the default, SQLite in a fresh directory. */
  store: string | undefined;
  /** Where the fresh data directory is made. */
  data: string;
  json: string;
  /** Words put before our server's command. */
  wrap: string[];
  /** Where our server writes its CPU profile. */
  profile: string | undefined;
  /** The script that is our server. */
  server: string;
}

const names = cases.map((one) => one.name).join(',');

export const help = `Usage: npm run bench -- [options]

Compares our server with a bare node:http server (the ceiling) in one run, and checks every job by its id.

Cases, each by itself; the ratio is of requests per second, but for wake:
  push   one small job per POST /q/QUEUE
  take   one job per GET /q/QUEUE, out of a full queue
  lease  GET /q/QUEUE?lease=60s and then POST …/done, out of a full queue; two requests per job
  wake   a long poll waits on each connection, one more pushes 200 jobs a second; the latency is from the
         push's being written to the poll's answer read, and the ratio is its p99 by the p99 of one round
         trip (a POST answered with 201) to the ceiling: less is better, the goal is at most 3
  worker presque/client's worker with so many jobs at once, out of a full queue; the ratio is of jobs a second to
         those of the case lease on our server, in the same round

  --connections LIST  how many connections drive a server (default 1,32,256)
  --seconds N         length of a timed window, after 0.5 s of warm-up (default 3)
  --rounds N          how often each window is measured, ceiling and ours in turn (default 3)
  --cases LIST        default ${names}
  --store URL         memory:, redis://…; default is SQLite in a fresh directory
  --store redis       a redis-server (from PATH) of the bench's own, with appendonly yes and appendfsync everysec
                      With it, and with redis://…, push and take are measured with a third server in turn:
                      plain, made by hand of node:http and ioredis, RPUSH and LPOP per request, its ratio to the
                      ceiling, too; before that, redis-benchmark (from PATH) tells what this Redis can do
  --data DIR          where that directory is made (default build/bench)
  --json FILE         where all figures go (default build/bench/latest.json)
  --wrap "CMD ARGS"   put before our server's command (split at spaces), for example to have a slow disk:
                      "strace -f --seccomp-bpf -o /dev/null -e trace=fdatasync,fsync
                       -e inject=fdatasync,fsync:delay_exit=8000" on one line
                      (without --seccomp-bpf every system call is stopped, and everything is 20 times slower)
  --profile DIR       our server writes a CPU profile there when it ends
  --server FILE       another script that takes the same arguments (default dist/cli/main.js)
  --help

Exit status: 0 measured and every job accounted for, 1 not, 2 wrong usage.
Without building first: node build/bench/main.js [options]`;

/** Throws an Error whose message is for the user; undefined when help is asked for. */
export function readOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    strict: true,
    options: {
      connections: { type: 'string', default: '1,32,256' },
      seconds: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '3' },
      cases: { type: 'string', default: names },
      store: { type: 'string' },
      data: { type: 'string', default: 'build/bench' },
      json: { type: 'string', default: 'build/bench/latest.json' },
      wrap: { type: 'string', default: '' },
      profile: { type: 'string' },
      server: { type: 'string', default: 'dist/cli/main.js' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    ...values,
    store: values.store,
    profile: values.profile,
    connections: list(values.connections).map((text) => integer('connections', text, 4096)),
    seconds: number('seconds', values.seconds, 600),
    rounds: integer('rounds', values.rounds, 100),
    cases: list(values.cases).map(caseName),
    wrap: values.wrap.split(' ').filter(Boolean),
  };
}

function list(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}

function number(name: string, text: string, most: number): number {
  const value = Number(text);
  if (!(value > 0 && value <= most)) throw new Error(`--${name}: ${text} is not above 0 and up to ${most}`);
  return value;
}

function integer(name: string, text: string, most: number): number {
  const value = number(name, text, most);
  if (!Number.isInteger(value)) throw new Error(`--${name}: ${text} is not a whole number`);
  return value;
}

function caseName(text: string): string {
  if (!cases.some((one) => one.name === text)) throw new Error(`--cases: no ${text}, there is ${names}`);
  return text;
}
