// Turns the rounds of a series into its figures, its warnings and its faults.
import { caseNamed } from './cases/all.js';
import type { Series } from './rounds.js';
import type { Case, Check, Outcome, Window } from './types.js';

export interface Figures {
  ratePerSecond: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  serverCpuSeconds: number;
  jobsPerCpuSecond: number;
  /** The busiest round's. */
  generatorBusy: number;
  /** Of all cores' time; the most crowded round's. Near 1, threads wait for each other, not for the disk. */
  machineBusy: number;
  /** Of all cores' time, by processes outside the bench; the worst round's. */
  otherBusy: number;
}

export interface Ratio {
  /** Median of the rounds' ratios, each of two windows of one round. */
  ratio: number;
  ratios: number[];
}

export interface Summary extends Ratio {
  case: string;
  connections: number;
  ceiling: Figures;
  /** Its ratios are to the ceiling, as ours are. */
  plain: (Figures & Ratio) | undefined;
  ours: Figures;
  /** What the ratios are of; the more the better for a rate, the less the better for a latency. */
  compares: Case['compares'];
  /** The case that stands for the ceiling, where it is not that. */
  against: string | undefined;
  warnings: string[];
  /** Jobs lost, doubled or invented, and counts that do not agree. */
  faults: string[];
}

const NAMES = ['ceiling', 'plain', 'ours'] as const;
const BUSY_LIMIT = 0.9;
const OTHERS_LIMIT = 0.1;

export function summarize(series: Series, cores: number): Summary {
  const { compares, requestsPerJob, against } = caseNamed(series.case);
  const compared = (outcome: Outcome | undefined) =>
    (compares === 'p99' ? outcome?.window.p99Ms : outcome?.window.ratePerSecond) ?? 0;
  const toCeiling = (outcomes: Outcome[]): Ratio => {
    const ratios = outcomes.map((outcome, round) => compared(outcome) / compared(series.ceiling[round]));
    return { ratio: median(ratios), ratios };
  };
  const of = (outcomes: Outcome[]) => figures(outcomes, { cores, requestsPerJob });
  const all = {
    ceiling: of(series.ceiling),
    plain: series.plain && { ...of(series.plain), ...toCeiling(series.plain) },
    ours: of(series.ours),
  };
  return {
    case: series.case,
    connections: series.connections,
    ...all,
    compares,
    against,
    ...toCeiling(series.ours),
    warnings: NAMES.flatMap((name) =>
      warnings(series[name] ?? [], all[name]).map((text) => `${name}: ${text}`),
    ),
    faults: NAMES.flatMap((name) =>
      (series[name] ?? []).flatMap((outcome, i) =>
        faults(outcome.check).map((text) => `${name}, round ${i + 1}: ${text}`),
      ),
    ),
  };
}

function figures(outcomes: Outcome[], per: { cores: number; requestsPerJob: number }): Figures {
  const windows = outcomes.map((outcome) => outcome.window);
  const middle = (pick: (window: Window) => number) => median(windows.map(pick));
  const sum = (pick: (window: Window) => number) => windows.reduce((all, one) => all + pick(one), 0);
  const cpuSeconds = sum((one) => one.serverCpuSeconds ?? Number.NaN);
  return {
    ratePerSecond: middle((one) => one.ratePerSecond),
    p50Ms: middle((one) => one.p50Ms),
    p99Ms: middle((one) => one.p99Ms),
    maxMs: Math.max(...windows.map((one) => one.maxMs)),
    serverCpuSeconds: middle((one) => one.serverCpuSeconds ?? Number.NaN),
    jobsPerCpuSecond: sum((one) => one.requests) / per.requestsPerJob / cpuSeconds,
    generatorBusy: Math.max(...windows.map((one) => one.generatorBusy)),
    machineBusy: Math.max(...windows.map((one) => (one.machineCpuSeconds ?? 0) / one.seconds / per.cores)),
    otherBusy: Math.max(...windows.map((one) => (one.otherCpuSeconds ?? 0) / one.seconds / per.cores)),
  };
}

function warnings(outcomes: Outcome[], found: Figures | undefined): string[] {
  if (!found) return [];
  const lines: string[] = [];
  if (found.generatorBusy > BUSY_LIMIT) {
    lines.push(`generator ${percent(found.generatorBusy)} busy: it may be the limit, not the server`);
  }
  if (found.otherBusy > OTHERS_LIMIT) {
    lines.push(`other processes used ${percent(found.otherBusy)} of the machine`);
  }
  for (const { window } of outcomes) {
    if (window.ranDry) lines.push(`the queue ran dry after ${window.seconds.toFixed(1)} s of the window`);
    for (const [what, times] of Object.entries(window.unexpected))
      lines.push(`${times} × unexpected: ${what}`);
  }
  return lines;
}

function faults(check: Check): string[] {
  const kinds = (['lost', 'twice', 'invented'] as const)
    .filter((kind) => check[kind] > 0)
    .map((kind) => `${check[kind]} jobs ${kind} (of ${check.acknowledged} acknowledged)`);
  return [...kinds, ...check.wrong];
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)] ?? Number.NaN;
  return Number.isInteger(half) ? (upper + (sorted[half - 1] ?? Number.NaN)) / 2 : upper;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
