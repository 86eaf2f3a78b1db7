/** What may stand in a file, each rule with its reason and a made-up source that breaks it. */

import ts from 'typescript';
import type { Rule } from './rules.js';
import { globalsOf, nodesOf, type Source } from './sources.js';

/** The server's, and that of whoever uses it, which has no modules of Node. */
const ambient = ['clock.ts', 'client/ambient.ts'];
const inCli = (path: string) => path.startsWith('cli/');

/** Finds what is named though only some files may. */
const globals =
  (mayUse: (path: string) => boolean, names: readonly string[]): Rule['check'] =>
  (sources) =>
    sources
      .filter(({ path }) => !mayUse(path))
      .flatMap((source) =>
        [...new Set(globalsOf(source))]
          .filter((name) => names.includes(name))
          .map((name) => `${source.path} uses ${name}`),
      );

/** Finds files that have something. */
const files =
  (what: string, has: (source: Source) => boolean): Rule['check'] =>
  (sources) =>
    sources.filter(has).map(({ path }) => `${path} ${what}`);

const lineCount = ({ text }: Source) => text.replace(/\n$/, '').split('\n').length;

const hasDefaultExport = (source: Source) =>
  nodesOf(source, ts.isExportAssignment).length > 0 ||
  nodesOf(source, ts.isExportSpecifier).some(({ name }) => name.text === 'default') ||
  nodesOf(source, isModifier).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword);

const isModifier = (node: ts.Node): node is ts.Modifier => ts.isModifier(node);

const isAny = (node: ts.Node): node is ts.KeywordTypeNode => node.kind === ts.SyntaxKind.AnyKeyword;

const clockNames = ['Date.now', 'new Date', 'Date()', 'setTimeout', 'setInterval', 'performance.now'];
const chanceNames = ['Math.random', 'randomUUID', 'crypto.randomUUID', 'process.hrtime'];
const comment = '/** What it is for. */\n';

export const textRules: readonly Rule[] = [
  {
    name: 'process.env and process.argv only in cli',
    because: 'an embedded server does what it is told by its caller, not by the surroundings',
    check: globals(inCli, ['process.env', 'process.argv']),
    example: {
      sources: {
        'cli/main.ts': 'const { PORT } = process.env;',
        'config.ts': "const port = process['env'].PORT; process.exit(Number(process.argv[2]));",
        'index.ts': "import { env } from 'node:process'; const options = { env: {} };",
      },
      says: ['config.ts uses process.argv', 'config.ts uses process.env', 'index.ts uses process.env'],
    },
  },
  {
    name: 'time and chance only in clock.ts, client/ambient.ts and cli',
    because: 'clock, ids and randomness are handed in, so that tests advance time and repeat what happened',
    check: globals((path) => inCli(path) || ambient.includes(path), [...clockNames, ...chanceNames]),
    example: {
      sources: {
        'client/ambient.ts': 'setTimeout(f, 1);',
        'clock.ts': 'const now = Date.now; setTimeout(f, 1); Math.random();',
        'core/broker.ts': 'const at = Date.now(); const day = new Date(at); socket.setTimeout(5);',
        'http/server.ts': "import { setTimeout } from 'node:timers/promises'; setImmediate(run);",
        'store/memory.ts': 'const after = { setTimeout: 1 }; globalThis.setInterval(f, 1); Math.random();',
      },
      says: [
        'core/broker.ts uses Date.now',
        'core/broker.ts uses new Date',
        'http/server.ts uses setTimeout',
        'store/memory.ts uses setInterval',
        'store/memory.ts uses Math.random',
      ],
    },
  },
  {
    name: 'no file over 250 lines',
    because: 'a file over 250 lines is two files',
    check: files('has more than 250 lines', (source) => lineCount(source) > 250),
    example: {
      sources: { 'a.ts': 'x;\n'.repeat(250), 'b.ts': 'x;\n'.repeat(251) },
      says: ['b.ts has more than 250 lines'],
    },
  },
  {
    name: 'every file opens with a comment',
    because: 'its first sentence says its single job',
    check: files('does not open with a comment', ({ text }) => !/^(#!.*\n\s*)?\/\*\*/.test(text)),
    example: {
      sources: {
        'a.ts': `${comment}x;`,
        'b.ts': `#!/usr/bin/env node\n${comment}`,
        'c.ts': `x;\n${comment}`,
      },
      says: ['c.ts does not open with a comment'],
    },
  },
  {
    name: 'no default exports',
    because: 'one thing has one name everywhere',
    check: files('has a default export', hasDefaultExport),
    example: {
      sources: {
        'a.ts': 'export const a = 1;',
        'b.ts': 'export default 1;',
        'c.ts': 'export default function c() {}',
        'd.ts': 'export { d as default };',
      },
      says: ['b.ts has a default export', 'c.ts has a default export', 'd.ts has a default export'],
    },
  },
  {
    name: 'no enum',
    because: 'unions of strings are what crosses the wire, and types leave nothing behind',
    check: files('has an enum', (source) => nodesOf(source, ts.isEnumDeclaration).length > 0),
    example: {
      sources: { 'a.ts': 'const schema = { enum: [1] };', 'b.ts': 'export const enum B { One }' },
      says: ['b.ts has an enum'],
    },
  },
  {
    name: 'no any type',
    because: 'what is not known is `unknown`, and looked at before it is used',
    check: files('has the type any', (source) => nodesOf(source, isAny).length > 0),
    example: {
      sources: { 'a.ts': "const any = 'any'; // any", 'b.ts': 'const b = (x: any[]) => x;' },
      says: ['b.ts has the type any'],
    },
  },
];
