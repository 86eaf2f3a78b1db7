/** `npm start`: installs and builds what is missing, then serves; flags are passed on. */

import { build, install, root } from './setup.mjs';

install();
build();

// npm runs this in a shell, and a signal that ends npm and the shell is not passed on by every shell: when they are
// gone, the server stops as if it had been told to.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && process.kill(process.pid, 'SIGTERM'), 200).unref();

process.argv.splice(2, 0, 'serve');
await import(`${root}dist/cli/main.js`);
