/** A damaged file of the SQLite store is refused and left alone; a damaged job in a sound file is set aside. */

import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import {
  contents,
  fileTest,
  makeDirectoryOf,
  openRaw,
  refusalOf,
  type StoreFile,
} from '../support/sqlite.js';
import {
  drain,
  jobNow,
  listBodies,
  nothingTaken,
  push,
  pushUniq,
  T0,
  take,
  tendAll,
  texts,
} from '../support/store.js';

/** A closed file with jobs, which `damage` then spoils; the file is to be refused and left as it is. */
function refusedTest(name: string, damage: (file: StoreFile) => void, says: RegExp) {
  fileTest(name, async (file) => {
    const store = await file.open();
    await push(store, 'foo', texts(5_000));
    await file.close(store);
    damage(file);
    const before = contents(file);
    const refusal = await refusalOf(file.open());
    expect(refusal).toMatch(says);
    expect(refusal.split('\n')).toEqual([expect.stringMatching(`^OpenError: ${file.path} `)]);
    expect(contents(file)).toEqual(before);
    expect(await refusalOf(file.open())).toBe(refusal);
  });
}

const sizeOf = ({ path }: StoreFile) => readFileSync(path).length;

function foreign({ path }: StoreFile, journal: string) {
  truncateSync(path, 0);
  const database = openRaw(path);
  database.exec(
    `PRAGMA journal_mode = ${journal}; CREATE TABLE bookmark (url TEXT); PRAGMA application_id = 77;`,
  );
  database.close();
}

describe('a damaged file', () => {
  refusedTest(
    'of garbage is refused',
    ({ path }) => writeFileSync(path, 'garbage '.repeat(9_999)),
    /damaged/,
  );
  refusedTest('of a few bytes is refused', ({ path }) => writeFileSync(path, 'x'), /damaged|not a presque/);
  refusedTest(
    'of zeros is refused',
    (file) => writeFileSync(file.path, Buffer.alloc(sizeOf(file))),
    /damaged|not a/,
  );
  refusedTest('that is empty is refused', ({ path }) => truncateSync(path, 0), /damaged: it is empty/);
  refusedTest('of half the size is refused', (file) => truncateSync(file.path, sizeOf(file) / 2), /damaged/);
  refusedTest(
    'of half the size, whole pages, is refused',
    (file) => {
      truncateSync(file.path, Math.floor(sizeOf(file) / 8192) * 4096);
    },
    /damaged/,
  );
  refusedTest(
    'whose last page is missing is refused',
    (file) => truncateSync(file.path, sizeOf(file) - 4096),
    /damaged/,
  );
  refusedTest(
    'whose pages are overwritten in the middle is refused',
    (file) => {
      const bytes = readFileSync(file.path);
      bytes.fill(0xff, bytes.length / 2, bytes.length / 2 + 8192);
      writeFileSync(file.path, bytes);
    },
    /damaged/,
  );
  refusedTest(
    'of another application is refused',
    (file) => foreign(file, 'DELETE'),
    /not a presque database/,
  );
  refusedTest(
    'of another application that uses a log is refused',
    (file) => foreign(file, 'WAL'),
    /not a presque/,
  );
  refusedTest(
    'of a newer schema is refused',
    (file) => {
      const bytes = readFileSync(file.path);
      // https://sqlite.org/fileformat.html: the user version
      bytes.writeUInt32BE(9_999, 60);
      writeFileSync(file.path, bytes);
    },
    /newer presque/,
  );

  fileTest('of text is refused though no store was ever there', async (file) => {
    makeDirectoryOf(file);
    writeFileSync(file.path, 'my diary\n'.repeat(100));
    expect(await refusalOf(file.open())).toMatch(/^OpenError: .*damaged/);
    expect(Object.keys(contents(file))).toEqual(['presque.db']);
    expect(readFileSync(file.path, 'utf8')).toBe('my diary\n'.repeat(100));
  });
});

/** Changes one letter of the text in the closed file. */
function flip({ path }: StoreFile, text: string) {
  const bytes = readFileSync(path);
  const at = bytes.indexOf(text);
  if (at < 0 || bytes.indexOf(text, at + 1) >= 0) throw new Error(`${text} is not in the file just once`);
  bytes.write('X', at);
  writeFileSync(path, bytes);
}

describe('a damaged job', () => {
  fileTest('is set aside and named once, and the others are given', async (file) => {
    const store = await file.open();
    const [, second] = await push(store, 'foo', ['"apple"', '"banana"', '"cherry"']);
    await file.close(store);
    flip(file, 'banana');
    const opened = await file.open();
    const taken = await take(opened, 'foo');
    expect(taken.jobs.map((job) => job.body)).toEqual(['"apple"', '"cherry"']);
    expect(taken.damaged).toEqual([second]);
    expect(await take(opened, 'foo')).toEqual(nothingTaken);
    expect(await opened.queue(T0, { queue: 'foo' })).toMatchObject({
      ready: 0,
      delayed: 0,
      dead: 1,
      processed: 2,
    });
  });

  fileTest('is passed over by single takes at once, and named once', async (file) => {
    const store = await file.open();
    const ids = await push(store, 'foo', ['"apple"', '"banana"', '"cherry"']);
    await file.close(store);
    flip(file, 'apple');
    const opened = await file.open();
    const taken = await Promise.all([1, 2, 3].map(() => take(opened, 'foo', { limit: 1 })));
    expect(taken.flatMap(({ jobs }) => jobs.map((job) => job.body))).toEqual(['"banana"', '"cherry"']);
    expect(taken.flatMap(({ damaged }) => damaged)).toEqual([ids[0]]);
  });

  fileTest('stays set aside after a reopening, and goes with a purge', async (file) => {
    const store = await file.open();
    await push(store, 'foo', ['"apple"', '"banana"']);
    await file.close(store);
    flip(file, 'apple');
    const opened = await file.open();
    await take(opened, 'foo', { limit: 1 });
    await file.close(opened);
    const again = await file.open();
    expect(await take(again, 'foo')).toEqual(nothingTaken);
    expect(await listBodies(again, 'foo')).toEqual([]);
    await again.purge(T0, { queue: 'foo' });
    await tendAll(again);
    await push(again, 'foo', ['"new"']);
    expect(await drain(again, 'foo')).toEqual(['"new"']);
  });

  fileTest('is found out when it was delayed, and frees its unique key', async (file) => {
    const store = await file.open();
    const { id } = await pushUniq(store, 'foo', 'k', '"quince"', T0 + 10);
    await file.close(store);
    flip(file, 'quince');
    const opened = await file.open();
    expect(await take(opened, 'foo', {}, T0 + 10)).toEqual({
      ...nothingTaken,
      damaged: [id],
      moved: [{ queue: 'foo', id, state: 'dead' }],
    });
    expect(await pushUniq(opened, 'foo', 'k')).toHaveProperty('id');
  });

  fileTest('is not listed as ready, since no take would give it', async (file) => {
    const store = await file.open();
    await push(store, 'foo', ['"apple"', '"banana"', '"cherry"']);
    await file.close(store);
    flip(file, 'banana');
    expect(await listBodies(await file.open(), 'foo')).toEqual(['"apple"', '"cherry"']);
  });

  fileTest('does not use up what a take may carry', async (file) => {
    const store = await file.open();
    await push(store, 'foo', ['"1"', `"walnut${'x'.repeat(1_000)}"`, '"2"']);
    await file.close(store);
    flip(file, 'walnutx');
    const taken = await take(await file.open(), 'foo', { maxBytes: 100 });
    expect(taken.jobs.map((job) => job.body)).toEqual(['"1"', '"2"']);
  });

  fileTest('is dead from then on, says so, and can be deleted but not retried', async (file) => {
    const store = await file.open();
    const [id] = (await push(store, 'foo', ['"quince"'])) as [number];
    await file.close(store);
    flip(file, 'quince');
    const opened = await file.open();
    await take(opened, 'foo');
    const dead = {
      id,
      state: 'dead',
      dueAt: T0 + 7 * 86_400_000,
      details: { reason: 'damaged', endedAt: T0 },
    };
    expect(await jobNow(opened, 'foo', id)).toMatchObject(dead);
    const { jobs } = await opened.list(T0, { queue: 'foo', state: 'dead', limit: 9, maxBytes: 99 });
    expect(jobs).toMatchObject([dead]);
    const steer = (action: 'retry' | 'delete') => opened.steer(T0, { queue: 'foo', action, id });
    expect((await steer('retry')).refused).toEqual({ why: 'job_state', state: 'dead' });
    expect((await steer('delete')).changed).toEqual([{ id }]);
  });

  fileTest('is found out by a look at it, and by a take under a lease', async (file) => {
    const store = await file.open();
    const [first, second, third] = (await push(store, 'foo', ['"quince"', '"medlar"', '"plum"'])) as number[];
    await file.close(store);
    flip(file, 'quince');
    flip(file, 'medlar');
    const opened = await file.open();
    expect(await jobNow(opened, 'foo', second as number)).toMatchObject({
      state: 'dead',
      details: { reason: 'damaged' },
    });
    const taken = await take(opened, 'foo', { lease: { token: 't', ms: 1_000 } });
    expect(taken).toMatchObject({ jobs: [{ id: third, state: 'leased' }], damaged: [first], left: 0 });
    expect(await opened.queue(T0, { queue: 'foo' })).toMatchObject({ dead: 2, leased: 1, ready: 0 });
  });
});
