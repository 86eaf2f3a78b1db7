/** `presque healthcheck`: whether a server takes jobs, as an exit status. */

import type { Command } from 'commander';
import { addConnection, type ConnectionFlags } from './connection.js';
import { withServer } from './session.js';

export function addHealthcheck(program: Command) {
  const healthcheck = program
    .command('healthcheck')
    .description('Ask a server whether it takes jobs.')
    .addHelpText(
      'after',
      `
It asks once, and the server really writes to its store (GET /readyz). Nothing is printed when all is well. Exit 0: it takes
jobs, 1: it does not, 69: there is none.

Examples:
  $ presque healthcheck
  HEALTHCHECK CMD ["presque", "healthcheck"]           in a Dockerfile`,
    );
  addConnection(healthcheck);
  healthcheck.action((flags: ConnectionFlags) =>
    withServer(
      flags,
      async ({ client, output }) => {
        await client.ready();
        if (output.isJson) output.value({ status: 'ready' });
      },
      { retryMs: 0 },
    ),
  );
}
