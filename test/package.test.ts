/** What `npm pack` makes: has all that is needed and no more, installs in an empty folder, and its types resolve. */

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startProcess, temporaryDirectory } from './support/process.js';

const root = fileURLToPath(new URL('..', import.meta.url));

let folder: string;
let tarball: string;
let packed: string[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'presque-package-'));
  // Without the script that builds: other suites use what is built.
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [{ filename, files }] = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8' }));
  tarball = join(folder, filename);
  packed = files.map(({ path }: { path: string }) => path);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('it has the built sources, and beside them only what is for people', () => {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).flatMap((path) => {
    if (path.endsWith('.lua')) return [`dist/${path}`];
    const built = `dist/${path.replace(/\.ts$/, '')}`;
    return path.endsWith('.ts') ? [`${built}.js`, `${built}.d.ts`] : [];
  });
  const others = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];
  expect(packed.toSorted()).toEqual([...others, ...sources].toSorted());
});

test('publint has nothing to say', async () => {
  const { messages, pkg } = await publint({
    pack: { tarball: new Uint8Array(readFileSync(tarball)).buffer },
    strict: true,
  });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});

test('the types are those of what is loaded, for every resolution that knows ES modules', async () => {
  const data = createPackageFromTarballData(new Uint8Array(readFileSync(tarball)));
  const { problems, entrypoints } = (await checkPackage(data)) as Checked;
  expect(Object.keys(entrypoints)).toEqual(['.', './client', './package.json']);
  // Without `exports` there is no `./client`; CommonJS gets the modules by `import()`, and by `require` where Node can.
  const known = ['node10', 'node16-cjs'];
  expect(problems.filter(({ resolutionKind = '' }) => !known.includes(resolutionKind))).toEqual([]);
});

interface Checked {
  readonly entrypoints: object;
  readonly problems: readonly { readonly kind: string; readonly resolutionKind?: string }[];
}

describe('installed in an empty folder', () => {
  beforeAll(() => {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    const quick = ['--prefer-offline', '--no-audit', '--no-fund'];
    execFileSync('npm', ['install', ...quick, tarball], { cwd: folder, encoding: 'utf8' });
  }, 180_000);

  test('npx presque serve answers', async () => {
    const data = temporaryDirectory();
    const args = ['presque', 'serve', '--port', '0', '--data', data];
    const server = startProcess('npx', args, { cwd: folder });
    const pushed = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '1' };
    const [, url] = await server.printed(/"url":"(http:[^"]+)"/);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect((await fetch(`${url}/q/foo`, pushed)).status).toBe(201);
  });

  test('a program starts a server, is its client, and stops both', async () => {
    writeFileSync(join(folder, 'program.js'), program);
    const started = startProcess(process.execPath, ['program.js'], { cwd: folder });
    expect(await started.exited, started.stderr).toEqual({ code: 0, signal: null });
    expect(started.stdout).toBe('5\n');
  });

  /** `tsc` says nothing of the programs, in a folder of its own that sees what is installed. */
  function expectNoErrors(name: string, programs: object, options: object, packages: readonly string[]) {
    const own = join(folder, name.replaceAll(' ', '-'));
    mkdirSync(own);
    for (const each of packages) {
      cpSync(join(root, 'node_modules', each), join(own, 'node_modules', each), { recursive: true });
    }
    const compilerOptions = { ...strict, ...options };
    writeFileSync(
      join(own, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: Object.keys(programs) }),
    );
    for (const [file, text] of Object.entries(programs)) writeFileSync(join(own, file), text);
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', own], { encoding: 'utf8' });
    expect(stdout).toBe('');
  }

  const resolutions = {
    node16: { module: 'node16', moduleResolution: 'node16' },
    bundler: { module: 'esnext', moduleResolution: 'bundler' },
  };
  const surroundings = {
    'Node, without DOM': {
      options: { lib: ['es2023'], types: ['node'] },
      packages: nodeTypes,
      programs: { 'client.ts': clientProgram, 'server.ts': serverProgram },
    },
    'a browser, without Node': {
      options: { lib: ['es2023', 'dom'], types: [] },
      packages: [],
      programs: { 'client.ts': clientProgram },
    },
  };

  describe.each(Object.entries(resolutions))('moduleResolution %s', (resolution, module) => {
    test.each(Object.entries(surroundings))('types for %s', (where, { options, packages, programs }) => {
      expectNoErrors(`${resolution} ${where}`, programs, { ...module, ...options }, packages);
    });
  });
});

const nodeTypes = ['@types/node', 'undici-types'];

/** The libraries are checked, too: they may need nothing that is not installed. */
const strict = {
  strict: true,
  exactOptionalPropertyTypes: true,
  target: 'es2023',
  skipLibCheck: false,
  noEmit: true,
};

const clientProgram = `
  import { connect, Dead, type JobContext, type Lease, PresqueError, Snooze } from 'presque/client';

  interface Mail { to: string }
  type Queues = { mail: Mail; add: { a: number; b: number } };
  const presque = connect<Queues>({ url: 'http://127.0.0.1:5000', token: 'secret' });

  await presque.push('mail', { to: 'you@example.com' }, { delay: '5m', attempts: 3, tags: ['news'] });
  // @ts-expect-error: no address
  await presque.push('mail', { too: 'you@example.com' });
  // @ts-expect-error: no such queue
  await presque.push('male', { to: 'you@example.com' });
  // @ts-expect-error: an option that is misspelled
  await presque.push('mail', { to: 'you@example.com' }, { dealy: '5m' });
  await presque.pushMany('add', [{ a: 1, b: 2 }]);
  // @ts-expect-error: one of them
  await presque.pushMany('add', [{ a: 1, b: 2 }, { a: 1 }]);

  const taken = await presque.take('mail');
  const to: string | undefined = taken?.job.to;
  // @ts-expect-error: there may be none
  taken.job;
  for await (const lease of presque.lease(['mail'])) {
    const mail: Lease<Mail> = lease;
    await mail.done({ sent: true });
    break;
  }

  const worker = presque.work('add', ({ a, b }, { signal, progress }: JobContext) => {
    progress(0.5, signal.aborted ? 'late' : 'on time');
    if (a > b) throw new Dead('too large');
    if (a < b) throw new Snooze('1m');
    return a + b;
  });
  // @ts-expect-error: not what is in this queue
  presque.work('add', (job: Mail) => job.to);
  worker.on('done', ({ id }, result) => console.log(id, result)).on('error', console.error);

  const { state, job } = await presque.job('add', '1');
  const sum: number | undefined = job && job.a + job.b;
  const { ready } = await presque.status('mail');
  // @ts-expect-error: is a number
  const text: string = ready;
  const { jobs } = await presque.calls.list({ queue: 'add', state: 'dead' });
  try {
    await presque.ready();
  } catch (error) {
    if (error instanceof PresqueError && error.code === 'unreachable') console.log(error.requestId);
  }
  console.log(to, state, sum, text, jobs.length);
`;

const serverProgram = `
  import { type Config, ConfigError, createServer, type Presque } from 'presque';
  import { connect } from 'presque/client';

  const settings: Partial<Config> = { port: 0, store: 'memory:' };
  const server: Presque = await createServer(settings);
  // @ts-expect-error: a number
  createServer({ port: '0' }).catch((error) => error instanceof ConfigError);
  await connect(server.api).push('mail', {});
  await server.stop();
`;

const program = `
  import { createServer } from 'presque';
  import { connect } from 'presque/client';
  const server = await createServer({ port: 0, store: 'memory:' });
  const presque = connect(server.url);
  const worker = connect(server.api).work('add', ({ a, b }) => a + b);
  const { id } = await presque.push('add', { a: 2, b: 3 });
  console.log(await presque.result('add', id));
  await worker.stop();
  await server.stop();
`;
