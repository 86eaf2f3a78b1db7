/** Shows that a worker of a few lines of bash and curl, killed again and again, leaves no job undone. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Process, startProcess, startServer, temporaryDirectory } from '../support/process.js';
import { createClient, doubles, pause } from './client.js';
import { commandMissing, testUnless } from './needs.js';
import { createRandom, seed } from './random.js';

/** `TEST_BASH_JOBS=1000` is the full size. */
const jobs = Number(process.env.TEST_BASH_JOBS ?? 200);
const kills = 10;
const workers = 4;

/** Takes a job under a lease, does it (writes it down), and says so by the link that came with it. */
const worker = `
while true; do
  answer=$(curl -si "$1?lease=2s&wait=5s") || sleep 1
  [[ $answer =~ \\<([^>]+)\\>\\;\\ rel=\\"done\\" ]] || continue
  tail -n 1 <<<"$answer" >>"$2"
  curl -s -X POST "\${BASH_REMATCH[1]}"
done
`;

const linesOf = (path: string) => readFileSync(path, 'utf8').split('\n').slice(0, -1);

/** Resolves when so many jobs are written down. */
async function until(path: string, lines: number) {
  const deadline = Date.now() + 60_000;
  while (linesOf(path).length < lines) {
    if (Date.now() > deadline) throw new Error(`${linesOf(path).length} of ${lines} jobs were done in time`);
    await pause(5);
  }
}

testUnless(commandMissing('bash') ?? commandMissing('curl'))(
  `${jobs} jobs are done by a bash worker that is killed ${kills} times`,
  async () => {
    console.log(`bash-worker.test.ts: TEST_SEED=${seed}`);
    const random = createRandom(seed);
    expect(worker.trim().split('\n').length).toBeLessThanOrEqual(10);
    const server = await startServer({ data: temporaryDirectory() });
    const client = createClient(server.url);
    const texts = Array.from({ length: jobs }, (_, n) => `{"n":${n}}`);
    expect((await client.pushMany('work', texts)).status).toBe(201);

    const effects = join(temporaryDirectory(), 'effects');
    writeFileSync(effects, '');
    const start = () =>
      startProcess('bash', ['-c', worker, 'worker', `${server.url}/q/work`, effects], {
        env: { CURL_HOME: '/nonexistent', HOME: '/nonexistent' },
      });
    const running: Process[] = Array.from({ length: workers }, start);
    const begun = performance.now();
    const moments = Array.from({ length: kills }, () => random.below(jobs)).sort((a, b) => a - b);
    for (const moment of moments) {
      await until(effects, moment);
      await pause(random() * 60);
      const [victim] = running.splice(random.below(workers), 1, start());
      // With all that it started, or alone: a curl that it leaves behind may still be handed a job.
      if (random() < 0.5) await victim?.kill();
      else victim?.signal('SIGKILL');
    }
    const all = { ready: 0, delayed: 0, leased: 0, done: jobs, dead: 0 };
    await expect
      .poll(() => client.json('/status/work'), { timeout: 60_000, interval: 50 })
      .toMatchObject(all);

    const seconds = (performance.now() - begun) / 1000;
    const lines = linesOf(effects);
    const again = doubles(lines).length;
    console.log(
      `${jobs} jobs done in ${seconds.toFixed(1)} s, ${kills} kills, ${again} effects more than once`,
    );
    expect(new Set(lines)).toEqual(new Set(texts));
  },
  150_000,
);
