// The shapes which the bench's processes and files hand to each other.

/** What one timed window needs to know; sent from the main process to the generator. */
export interface Order {
  case: string;
  port: number;
  /** The server's process, whose CPU time is read at both ends of the window. */
  serverPid: number;
  /** The processes of a store that the bench has started: their time is nobody else's. */
  storePids: number[];
  /** False for the ceiling, which keeps nothing: then only "none twice" can be checked. */
  stores: boolean;
  queue: string;
  round: number;
  connections: number;
  warmupSeconds: number;
  seconds: number;
  /** How many jobs a case that takes should find in the queue. */
  jobs: number;
}

/** One timed window, measured. */
export interface Window {
  /** The time really measured: shorter than asked when the queue ran dry. */
  seconds: number;
  requests: number;
  ratePerSecond: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  /** CPU time of the server's process, all threads; undefined where there is no /proc. */
  serverCpuSeconds: number | undefined;
  /** The same of the store's processes; undefined where the bench has started none. */
  storeCpuSeconds: number | undefined;
  /** Share of the window in which the generator was at work, 0…1: CPU time or loop time, the larger. */
  generatorBusy: number;
  /** CPU seconds used by everything on the machine, and by what is no part of the window; as above. */
  machineCpuSeconds: number | undefined;
  otherCpuSeconds: number | undefined;
  /** Answers which were neither expected nor counted in `requests`: what it was → how many. */
  unexpected: Record<string, number>;
  ranDry: boolean;
}

/** What became of the jobs, by id. */
export interface Check {
  acknowledged: number;
  found: number;
  lost: number;
  twice: number;
  /** Jobs that came out and which this window never pushed. */
  invented: number;
  /** What else is wrong, one sentence each. */
  wrong: string[];
}

export interface Outcome {
  window: Window;
  check: Check;
}

export type Reply = { outcome: Outcome } | { error: string };

/** One kind of load: fills what it needs, drives one window, and accounts for every job. */
export interface Case {
  name: string;
  /** What the ratio is of: requests per second, or the latency that one in a hundred exceeds. */
  compares: 'rate' | 'p99';
  requestsPerJob: number;
  /** Whether a list in Redis, with RPUSH and LPOP, can do it as well. */
  onList: boolean;
  /** What it is compared with instead of the ceiling: this case, driven against our server as well. */
  against?: string;
  run(order: Order): Promise<Outcome>;
}
