// The bench: starts the servers, measures every case in turn, prints, writes the figures, cleans up.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { caseNamed } from './cases/all.js';
import { describeMachine, type Machine } from './machine.js';
import { help, type Options, readOptions } from './options.js';
import { measureReach, type Reach, reachLine } from './redis-benchmark.js';
import { runSeries, type Series } from './rounds.js';
import { isPlainRedis, startRedis } from './servers/redis.js';
import { type Servers, startCeiling, startOurs, startPlain } from './servers/start.js';
import { type Summary, summarize } from './summary.js';
import { headLine, machineLine, summaryLines } from './table.js';

const options = optionsOrExit();
// Through `exit`, so that what has to be killed and removed is killed and removed.
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));

try {
  process.exit(await bench(options));
} catch (error) {
  console.error(`bench failed: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}

async function bench(options: Options): Promise<number> {
  const dir = freshDirectory(options.data);
  const machine = describeMachine(dir);
  console.log(machineLine(machine));
  const redis = options.store === 'redis' ? await startRedis(dir) : undefined;
  const store = redis?.url ?? options.store;
  const redisBenchmark = isPlainRedis(store) ? await reachOf(store, dir) : undefined;
  const ceiling = await startCeiling();
  const plain = isPlainRedis(store) && needsPlain(options) ? await startPlain(store) : undefined;
  const ours = await startOurs({ ...options, store }, dir);
  const servers = { ceiling, plain, ours, storePids: redis ? [redis.pid] : [] };
  const { summaries, series } = await measure(options, servers, machine);
  const faults = summaries.flatMap((one) =>
    one.faults.map((text) => `${one.case} × ${one.connections}: ${text}`),
  );
  // Stopped here and not only killed at exit, so that a profile gets written.
  if (!(await ours.stop())) console.log('warning: our server did not stop at SIGTERM and was killed');
  await ceiling.stop();
  await plain?.stop();
  await redis?.stop();

  mkdirSync(dirname(options.json), { recursive: true });
  const result = { at: new Date().toISOString(), machine, options, redisBenchmark, summaries, series };
  writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  for (const fault of faults) console.error(`FAULT: ${fault}`);
  console.log(
    `${faults.length === 0 ? 'every job accounted for' : 'CHECK FAILED'}; figures in ${options.json}`,
  );
  return faults.length === 0 ? 0 : 1;
}

function needsPlain(options: Options): boolean {
  return options.cases.some((name) => caseNamed(name).onList);
}

/** Says what redis-benchmark reaches; undefined, and why, when that is not known. */
async function reachOf(store: string, dir: string): Promise<Reach[] | undefined> {
  try {
    const reaches = await measureReach(store, dir);
    console.log(reachLine(reaches));
    return reaches;
  } catch (error) {
    console.log(`redis-benchmark: not measured: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

async function measure(options: Options, servers: Servers & { storePids: number[] }, machine: Machine) {
  const summaries: Summary[] = [];
  const series: Series[] = [];
  console.log(headLine());
  for (const name of options.cases) {
    for (const connections of options.connections) {
      const one = await runSeries(options, servers, { case: name, connections });
      const summary = summarize(one, machine.cores);
      series.push(one);
      summaries.push(summary);
      for (const text of summaryLines(summary)) console.log(text);
    }
  }
  return { summaries, series };
}

function freshDirectory(parent: string): string {
  mkdirSync(parent, { recursive: true });
  const dir = mkdtempSync(join(parent, 'data-'));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }));
  return dir;
}

function optionsOrExit(): Options {
  try {
    const read = readOptions(process.argv.slice(2));
    if (read) return read;
    console.log(help);
    process.exit(0);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}
