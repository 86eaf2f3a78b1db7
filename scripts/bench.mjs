/** `npm run bench`: installs and builds what is missing, then measures; options are passed on. */

import { build, compile, install, root } from './setup.mjs';

install();
build();
compile('tsconfig.bench.json');
process.chdir(root);
await import(`${root}build/bench/main.js`);
