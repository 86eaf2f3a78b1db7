/** `npm start`: installs and builds what is missing, then serves; flags are passed on. */

import { build, install, root } from './setup.mjs';

install();
build();
process.argv.splice(2, 0, 'serve');
await import(`${root}dist/cli/main.js`);
