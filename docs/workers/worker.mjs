#!/usr/bin/env node
/** A worker for presque: worker.mjs URL QUEUE. Its work is to add up the numbers of {"numbers":[…]}. */

// Returns the result, or throws.
async function work(job) {
  if (!job.numbers.every(Number.isFinite)) throw new Error('these are not numbers');
  return job.numbers.reduce((sum, number) => sum + number, 0);
}

// A settlement is said again until it is heard.
async function ask(link, said) {
  const answer = await fetch(link, { ...said, signal: AbortSignal.timeout(30_000) }).catch(console.error);
  if (answer?.ok || (said && answer?.status < 500)) return answer;
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  return said && ask(link, said);
}

const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
while (!stop.signal.aborted) {
  const job = await ask(`${process.argv[2]}/q/${process.argv[3]}?lease=60s&wait=8s`);
  if (!job) continue;
  const result = await job.json().then(work).catch(Error);
  const [act, said] = result instanceof Error ? ['fail', { error: result.message }] : ['done', result];
  const link = new RegExp(`<([^>]+)>; rel="${act}"`).exec(job.headers.get('link'))[1];
  await ask(link, { method: 'POST', body: JSON.stringify(said) });
}
