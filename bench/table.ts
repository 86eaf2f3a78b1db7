// Writes summaries as the table that a person reads, one line per server as soon as it is known.
import type { Machine } from './machine.js';
import { type Figures, percent, type Ratio, type Summary } from './summary.js';

const COLUMNS = [
  ['case', 6],
  ['conns', 6],
  ['server', 8],
  ['req/s', 9],
  ['p50 ms', 9],
  ['p99 ms', 9],
  ['max ms', 9],
  ['CPU s', 7],
  ['jobs/CPU-s', 11],
  ['ratio', 21],
  ['gen. busy', 10],
  ['machine', 8],
  ['others', 7],
] as const;

export function machineLine(machine: Machine): string {
  const { cpu, cores, memoryGiB, node, fsyncP50Ms } = machine;
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, node ${node}, fdatasync p50 ${fsyncP50Ms.toFixed(3)} ms`;
}

export function headLine(): string {
  return line(COLUMNS.map(([name]) => name));
}

export function summaryLines(summary: Summary): string[] {
  const { plain } = summary;
  const start = [summary.case, String(summary.connections)];
  return [
    line([...start, summary.against ?? 'ceiling', ...cells(summary.ceiling, '')]),
    ...(plain ? [line([...start, 'plain', ...cells(plain, ratioText(plain, summary))])] : []),
    line([...start, 'ours', ...cells(summary.ours, ratioText(summary, summary))]),
    ...summary.warnings.map((text) => `  warning: ${text}`),
    ...summary.faults.map((text) => `  FAULT: ${text}`),
  ];
}

function ratioText({ ratio, ratios }: Ratio, { compares }: Pick<Summary, 'compares'>): string {
  const low = Math.min(...ratios).toFixed(2);
  const high = Math.max(...ratios).toFixed(2);
  const middle = compares === 'p99' ? `p99 ${ratio.toFixed(2)}` : ratio.toFixed(3);
  return `${middle} (${low}–${high})`;
}

function cells(found: Figures, ratio: string): string[] {
  return [
    Math.round(found.ratePerSecond).toLocaleString('en'),
    found.p50Ms.toFixed(3),
    found.p99Ms.toFixed(3),
    found.maxMs.toFixed(1),
    found.serverCpuSeconds.toFixed(2),
    Math.round(found.jobsPerCpuSecond).toLocaleString('en'),
    ratio,
    percent(found.generatorBusy),
    percent(found.machineBusy),
    percent(found.otherBusy),
  ];
}

function line(texts: readonly string[]): string {
  return texts.map((text, i) => text.padStart(COLUMNS[i]?.[1] ?? 0)).join(' ');
}
