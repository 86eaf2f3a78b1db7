/** The store on the local disk: a SQLite file in a thread of its own, reached by batches of requests. */

import { Worker } from 'node:worker_threads';
import { type Store, StoreError } from '../store.js';
import type { Reply } from './commits.js';
import { OpenError } from './file.js';
import type { Method, Request } from './methods.js';
import type { FromThread, ToThread } from './thread.js';

export { OpenError } from './file.js';

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: StoreError) => void;
}

/**
 * Two batches at the thread: while one is being written the next one is already there, and what arrives in the
 * meantime makes one larger commit instead of many small ones.
 */
const batchesUnderWay = 2;

/** Opens the file, made when it is not there. Rejects with an `OpenError` that names it when it can't be served. */
export async function openSqliteStore(options: {
  path: string;
  onFailure: (error: Error) => void;
}): Promise<Store> {
  const thread = new Worker(new URL('./thread.js', import.meta.url), { workerData: { path: options.path } });
  await opened(thread);
  const { call, close } = createBatches(thread, options.onFailure);
  const method =
    <M extends Method>(name: M) =>
    (now: number, args?: unknown) =>
      call({ method: name, now, args } as Request);
  return {
    durability: 'fsync',
    push: method('push'),
    take: method('take'),
    restore: method('restore'),
    purge: method('purge'),
    sweep: method('sweep'),
    setQueue: method('setQueue'),
    queue: method('queue'),
    queues: method('queues'),
    peek: method('peek'),
    register: method('register'),
    unregister: method('unregister'),
    workers: method('workers'),
    probe: method('probe'),
    close,
  };
}

function opened(thread: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    thread.once('error', reject);
    thread.once('message', (message: FromThread) => {
      thread.off('error', reject);
      if (typeof message === 'object' && 'refused' in message) reject(new OpenError(message.refused));
      else resolve();
    });
  });
}

/** Gathers the requests of one turn of the event loop, or of as long as the thread is busy, into one batch. */
function createBatches(thread: Worker, onFailure: (error: Error) => void) {
  let gathering: Request[] = [];
  let gatheringFor: Waiting[] = [];
  let scheduled = false;
  let broken: StoreError | undefined;
  let closing: (() => void) | undefined;
  const underWay: Waiting[][] = [];
  const tell = (message: ToThread) => thread.postMessage(message);

  function sendWhenTurn() {
    scheduled = false;
    if (underWay.length < batchesUnderWay) send();
  }

  function send() {
    if (gathering.length === 0) return;
    tell(gathering);
    underWay.push(gatheringFor);
    gathering = [];
    gatheringFor = [];
  }

  function answer(replies: readonly Reply[]) {
    const waiting = underWay.shift() ?? [];
    sendWhenTurn();
    for (const [index, { resolve, reject }] of waiting.entries()) {
      const reply = replies[index] as Reply;
      if ('result' in reply) resolve(reply.result as never);
      else reject(new StoreError(reply.failure, reply.message));
    }
  }

  function fail(cause: Error) {
    broken = new StoreError('failed', 'the storage thread has ended', { cause });
    for (const { reject } of [...underWay.flat(), ...gatheringFor]) reject(broken);
    onFailure(cause);
  }

  thread.on('message', (message: FromThread) => {
    if (message === 'closed') closing?.();
    else if (typeof message === 'object' && !('refused' in message)) answer(message);
  });
  thread.on('error', fail);
  thread.on('exit', (code) => {
    if (!closing) fail(new Error(`the storage thread ended with code ${code}`));
  });

  return {
    call(request: Request): Promise<never> {
      if (broken) return Promise.reject(broken);
      return new Promise((resolve, reject) => {
        gathering.push(request);
        gatheringFor.push({ resolve, reject });
        if (scheduled) return;
        scheduled = true;
        setImmediate(sendWhenTurn);
      });
    },

    close(): Promise<void> {
      return new Promise((resolve) => {
        closing = resolve;
        send();
        tell('close');
      });
    },
  };
}
