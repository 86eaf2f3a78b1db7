/** Who may import whom, each rule with its reason and a made-up source that breaks it. */

import type { Rule } from './rules.js';
import { type Import, importsOf, loadsOf, type Source } from './sources.js';

const isIn = (folder: string) => (path: string) => path.startsWith(`${folder}/`);
const inApi = isIn('api');
const inCore = isIn('core');
const inStore = isIn('store');
const inClient = isIn('client');
const inEmbedded = (path: string) => /^store\/(sqlite|redis)\//.test(path);
const wiring = ['config.ts', 'index.ts', 'cli/serve.ts'];

/** Finds the imports that are not allowed. */
const imports =
  (isWrong: (found: Import) => boolean): Rule['check'] =>
  (sources) =>
    sources
      .flatMap(importsOf)
      .filter(isWrong)
      .map(({ from, to }) => `${from} imports ${to}`);

/** The first cycle through each file that is in one, told once, from its first file on. */
function cycles(sources: readonly Source[]): string[] {
  const loads = loadsOf(sources);
  const found = new Set<string>();
  const visit = (path: string, way: readonly string[]) => {
    const seen = way.indexOf(path);
    if (seen >= 0) found.add(told(way.slice(seen)));
    else if (!done.has(path)) {
      for (const next of loads.get(path) ?? []) visit(next, [...way, path]);
      done.add(path);
    }
  };
  const done = new Set<string>();
  for (const { path } of sources) visit(path, []);
  return [...found];
}

function told(cycle: readonly string[]): string {
  const first = cycle.indexOf([...cycle].sort()[0] as string);
  const turned = [...cycle.slice(first), ...cycle.slice(0, first)];
  return [...turned, turned[0]].join(' imports ');
}

export const importRules: readonly Rule[] = [
  {
    name: 'api imports nothing at run time outside api',
    because: 'the contract is read by server, client and dashboard alike, a browser among them',
    check: imports(
      ({ from, to, isLocal, isTypeOnly }) => inApi(from) && !isTypeOnly && !(isLocal && inApi(to)),
    ),
    example: {
      sources: {
        'api/contract.ts': "import type { Job } from '../core/job.js'; import { x } from './errors.js';",
        'api/errors.ts': "import { isDue } from '../core/job.js'; import 'node:fs'; export * from 'ajv';",
      },
      says: [
        'api/errors.ts imports core/job.ts',
        'api/errors.ts imports node:fs',
        'api/errors.ts imports ajv',
      ],
    },
  },
  {
    name: 'core imports at run time only api, core and store/store.ts',
    because: 'what a queue means must not depend on how it is kept, reached or started',
    check: imports(({ from, to, isTypeOnly }) => {
      return inCore(from) && !isTypeOnly && !inApi(to) && !inCore(to) && to !== 'store/store.ts';
    }),
    example: {
      sources: {
        'core/broker.ts': `import { ApiError } from '../api/errors.js'; import { seenStepMs } from '../store/store.js';
          import type { Clock } from '../clock.js'; import { systemClock } from '../clock.js';
          import { type Store } from '../store/memory.js';`,
        'core/job.ts': "const fs = await import('node:fs');",
      },
      says: [
        'core/broker.ts imports clock.ts',
        'core/broker.ts imports store/memory.ts',
        'core/job.ts imports node:fs',
      ],
    },
  },
  {
    name: 'store imports at run time only api, core, store and packages',
    because: 'a store is below the server: it knows nothing of HTTP, settings or clocks',
    check: imports(({ from, to, isLocal, isTypeOnly }) => {
      return inStore(from) && isLocal && !isTypeOnly && !inApi(to) && !inCore(to) && !inStore(to);
    }),
    example: {
      sources: { 'store/memory.ts': "import { systemClock } from '../clock.js'; import 'node:zlib';" },
      says: ['store/memory.ts imports clock.ts'],
    },
  },
  {
    name: 'only store/open.ts reaches into a kind of store',
    because: 'nobody else may know what a table or a key is; another store must be one line in open.ts',
    check: imports(({ from, to }) => inEmbedded(to) && from !== 'store/open.ts' && !isSameStore(from, to)),
    example: {
      sources: {
        'store/open.ts': "export { OpenError } from './sqlite/sqlite.js';",
        'store/sqlite/jobs.ts': "import { rank } from './schema.js';",
        'index.ts': "import type { OpenError } from './store/sqlite/file.js';",
        'store/redis/redis.ts': "import { rank } from '../sqlite/schema.js';",
      },
      says: ['index.ts imports store/sqlite/file.ts', 'store/redis/redis.ts imports store/sqlite/schema.ts'],
    },
  },
  {
    name: 'only the wiring loads a store',
    because: 'http, client, cli and dashboard work on the Api, in process or over the wire unchanged',
    check: imports(({ from, to, isTypeOnly }) => {
      return inStore(to) && !isTypeOnly && !inStore(from) && !inCore(from) && !wiring.includes(from);
    }),
    example: {
      sources: {
        'index.ts': "import { openStore } from './store/open.js';",
        'http/server.ts': "import type { Store } from '../store/store.js';",
        'http/pages.ts': "import { seenStepMs } from '../store/store.js';",
        'cli/pretty.ts': "import { openStore } from '../store/open.js';",
      },
      says: ['http/pages.ts imports store/store.ts', 'cli/pretty.ts imports store/open.ts'],
    },
  },
  {
    name: 'client imports at run time only api and client',
    because: 'it runs in browsers, too, and weighs what it weighs by itself',
    check: imports(
      ({ from, to, isTypeOnly }) => inClient(from) && !isTypeOnly && !inApi(to) && !inClient(to),
    ),
    example: {
      sources: {
        'client/a.ts':
          "import { itemTexts } from '../api/json.js'; import type { Clock } from '../clock.js';",
        'client/b.ts': "import { randomUUID } from 'node:crypto'; import { systemClock } from '../clock.js';",
      },
      says: ['client/b.ts imports node:crypto', 'client/b.ts imports clock.ts'],
    },
  },
  {
    name: 'no import cycles at run time',
    because: 'a file in a cycle can be read, tested and loaded only with all the others',
    check: cycles,
    example: {
      sources: {
        'http/a.ts': "import './b.js';",
        'http/b.ts': "import '../clock.js'; export { c } from './c.js';",
        'http/c.ts': "import { a } from './a.js'; import type { B } from './b.js';",
        'clock.ts': "import type { A } from './http/a.js';",
      },
      says: ['http/a.ts imports http/b.ts imports http/c.ts imports http/a.ts'],
    },
  },
];

function isSameStore(from: string, to: string): boolean {
  const folder = to.slice(0, to.indexOf('/', 'store/'.length) + 1);
  return from.startsWith(folder);
}
