#!/usr/bin/env node
/** A worker for presque: worker.mjs URL QUEUE. Its work is to add up the numbers of {"numbers":[…]}. */

import { setTimeout as pause } from 'node:timers/promises';

// Returns the result or throws; calls `await _extend(0.5)`, say, when it takes long.
async function work(job, _extend) {
  if (!job?.numbers?.every?.(Number.isFinite)) throw new Error('numbers are missing');
  return job.numbers.reduce((sum, number) => sum + number, 0);
}

// Until the server answers, or this worker is to stop.
async function ask(link, body) {
  for (;;) {
    try {
      const options = body === undefined ? {} : { method: 'POST', body };
      const answer = await fetch(link, { ...options, signal: AbortSignal.timeout(30_000) });
      const text = await answer.text();
      if (answer.status < 500) return { status: answer.status, headers: answer.headers, text };
      console.error(text);
    } catch (error) {
      console.error(String(error.cause ?? error));
    }
    if (stopping) process.exit(0);
    await pause(1_000);
  }
}

const [url, queue] = process.argv.slice(2);
const poll = `${url}/q/${queue}?lease=60s&wait=20s&worker_id=worker.mjs-${process.pid}`;
let stopping = false;
let idle = false;
process.on('SIGTERM', async () => {
  stopping = true;
  await pause(1_000); // A job that is on its way still arrives.
  if (idle) process.exit(0);
});
while (!stopping) {
  idle = true;
  const { status, headers, text } = await ask(poll);
  idle = false;
  if (status === 200) {
    const link = (rel) => new RegExp(`<([^>]+)>; rel="${rel}"`).exec(headers.get('link'))[1];
    const settle = (act, said) => ask(link(act), JSON.stringify(said ?? null));
    const extend = (progress) => settle('extend', { progress });
    const [act, said] = await work(JSON.parse(text), extend).then(
      (result) => ['done', result],
      (error) => ['fail', { error: String(error) }],
    );
    const answer = await settle(act, said);
    console.log('job', headers.get('presque-job'), act, answer.status, answer.text);
  } else if (!/no job|queue is closed/.test(text)) {
    throw new Error(text);
  }
}
