/** Shows what the command line says: help, versions, one clear line for what is wrong, flags before variables. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { flagOf, settingNames, settings, variableOf } from '../../src/config.js';
import { freePort } from '../support/ports.js';
import { runPresque, startServer, temporaryDirectory } from '../support/process.js';
import { createClient } from './client.js';

/** The one line of an error. */
const line = /^[^\n]+\n$/;
const serve = (...args: string[]) => ['serve', '--port', '0', ...args];

test('presque --help names its commands and shows how to begin', async () => {
  const { code, stdout, stderr } = await runPresque(['--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^Usage: presque /);
  expect(stdout).toMatch(/^ {2}serve\b/m);
  expect(stdout).toContain('curl ');
});

test('presque serve --help shows every setting with its flag, default, meaning and variable', async () => {
  const { code, stdout, stderr } = await runPresque(['serve', '--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const text = stdout.replace(/\s+/g, ' ');
  for (const name of settingNames) {
    const { placeholder, meaning, default: value } = settings[name];
    expect(text).toContain(`${flagOf(name)} <${placeholder}>`);
    expect(text).toContain(meaning);
    expect(text).toMatch(new RegExp(`\\b${variableOf(name)}\\b`));
    expect(text).toContain(String(value));
  }
});

test('presque --version prints the version of the package', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const { code, stdout } = await runPresque(['--version']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${version}\n` });
});

describe('exit 2, nothing served and a line that names what is wrong:', () => {
  const cases: { readonly [name: string]: [args: string[], says: RegExp] } = {
    'an unknown flag, with the nearest one': [['serve', '--prot', '5001'], /--prot[\s\S]*--port/],
    'an unknown flag of presque itself': [['--verison'], /--verison[\s\S]*--version/],
    'an unknown command, with the nearest one': [['serv'], /serv'[\s\S]*serve/],
    'a word too many': [serve('foo'), /argument/],
    'a flag without its value': [['serve', '--port'], /--port/],
  };
  for (const [name, [args, says]] of Object.entries(cases)) {
    test(name, async () => {
      const { code, stdout, stderr } = await runPresque(args, { cwd: temporaryDirectory() });
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(says);
      expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(3);
    });
  }
});

describe('exit 2, one line and no file for a value that can not be used:', () => {
  const cases: { readonly [name: string]: [args: string[], says: RegExp, env?: { [name: string]: string }] } =
    {
      '--port 99999': [['--port', '99999'], /--port .*65535/],
      '--port -1': [['--port=-1'], /--port /],
      '--port 80.5': [['--port', '80.5'], /--port /],
      'an empty --port': [['--port', ''], /--port /],
      'an empty --data': [['--data', ''], /--data /],
      'an empty --host': [['--host', ''], /--host /],
      'an empty --store': [['--store', ''], /--store /],
      '--store foo:': [['--store', 'foo:'], /--store .*sqlite:PATH.*memory:/],
      '--store redis://': [['--store', 'redis://[/'], /--store must name hosts as HOST:PORT/],
      '--store redis:///x': [
        ['--store', 'redis://localhost/x'],
        /--store must have the number of a database/,
      ],
      '--store ?prefix=': [['--store', 'redis://localhost?prefix='], /--store must have a prefix/],
      '--store ?foo': [['--store', 'redis://localhost?foo=1'], /--store has the parameter foo/],
      '--store sqlite: without a path': [['--store', 'sqlite:'], /--store /],
      '--host 0.0.0.0': [['--host', '0.0.0.0'], /--host .*loopback/],
      '--host ::': [['--host', '::'], /--host .*loopback/],
      '--host example.org': [['--host', 'example.org'], /--host /],
      '--max-job-bytes 0': [['--max-job-bytes', '0'], /--max-job-bytes /],
      '--log-level loud': [['--log-level', 'loud'], /--log-level .*debug.*silent/],
      'PRESQUE_PORT=x': [[], /PRESQUE_PORT /, { PRESQUE_PORT: 'x' }],
      'PRESQUE_HOST=0.0.0.0': [[], /PRESQUE_HOST .*loopback/, { PRESQUE_HOST: '0.0.0.0' }],
      'an unknown PRESQUE_ variable': [[], /PRESQUE_PROT/, { PRESQUE_PROT: '5001' }],
    };
  for (const [name, [args, says, env = {}]] of Object.entries(cases)) {
    test(name, async () => {
      const cwd = temporaryDirectory();
      const { code, stdout, stderr } = await runPresque(['serve', ...args], { env, cwd });
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(line);
      expect(stderr).toMatch(says);
      expect(existsSync(join(cwd, 'data'))).toBe(false);
    });
  }
});

test('a flag counts before its variable, a variable before the default', async () => {
  const [flagged, variable] = [temporaryDirectory(), temporaryDirectory()];
  const env = { PRESQUE_DATA: variable, PRESQUE_PORT: '0', PRESQUE_MAX_JOB_BYTES: '100' };
  const server = await startServer({ data: flagged, env });
  const { push } = createClient(server.url);
  expect((await push('foo', JSON.stringify('x'.repeat(90)))).status).toBe(201);
  expect((await push('foo', JSON.stringify('x'.repeat(100)))).status).toBe(413);
  expect(existsSync(join(flagged, 'presque.db'))).toBe(true);
  expect(existsSync(join(variable, 'presque.db'))).toBe(false);
});

test('a port that is in use is told in one line, and the next start works', async () => {
  const port = String(await freePort());
  await startServer({ data: temporaryDirectory(), args: ['--port', port] });
  const data = temporaryDirectory();
  const { code, stdout, stderr } = await runPresque(['serve', '--port', port, '--data', data]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(line);
  expect(stderr).toMatch(new RegExp(`127\\.0\\.0\\.1:${port} is in use`));
  await startServer({ data });
});

describe('exit 1 and one line that names the place for a directory that can not be used:', () => {
  const places: { readonly [name: string]: (base: string) => string } = {
    'one below a file': (base) => {
      writeFileSync(join(base, 'file'), '');
      return join(base, 'file', 'data');
    },
    'a file': (base) => {
      writeFileSync(join(base, 'file'), '');
      return join(base, 'file');
    },
    'one where nothing can be made': () => '/sys/presque',
    'one whose presque.db is a directory': (base) => {
      mkdirSync(join(base, 'presque.db'));
      return base;
    },
  };
  for (const [name, prepare] of Object.entries(places)) {
    test(name, async () => {
      const data = prepare(temporaryDirectory());
      const { code, stdout, stderr } = await runPresque(serve('--data', data));
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(line);
      expect(stderr).toContain(data);
    });
  }
});

test('--store memory: says so on every push and makes no file', async () => {
  const data = temporaryDirectory();
  const server = await startServer({ data, args: ['--store', 'memory:'] });
  const pushed = await createClient(server.url).push('foo', '1');
  expect(pushed.headers['presque-durability']).toBe('memory');
  expect(server.stdout).toContain('gone with the process');
  expect(existsSync(join(data, 'presque.db'))).toBe(false);
});

test('--store sqlite:PATH keeps the jobs in that file, for its owner only', async () => {
  const path = join(temporaryDirectory(), 'deep', 'er', 'jobs.db');
  const first = await startServer({ args: ['--store', `sqlite:${path}`] });
  const pushed = await createClient(first.url).push('foo', '1');
  expect(pushed.headers['presque-durability']).toBe('fsync');
  await first.stop();
  expect(existsSync(path)).toBe(true);
  const next = await startServer({ args: ['--store', `sqlite:${path}`] });
  expect(await createClient(next.url).takeAll('foo')).toEqual(['1']);
});
