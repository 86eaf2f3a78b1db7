/** Where the server of a command is: the options of every command that talks to one. */

import { type Command, Option } from 'commander';
import { defaultUrl } from '../client/remote.js';
import type { OutputFlags } from './terminal/output.js';

export interface ConnectionFlags extends OutputFlags {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
}

export interface Connection {
  readonly url: string;
  readonly token?: string;
}

/** The options of every command that talks to a server, after its own. */
export function addConnection(command: Command): Command {
  return command
    .addOption(new Option('--url <URL>', `where the server is (default ${defaultUrl}, PRESQUE_URL)`))
    .addOption(new Option('--token <TEXT>', 'the right to do so, if the server asks for it (PRESQUE_TOKEN)'))
    .addOption(new Option('--json', 'print JSON, one value a line'))
    .addOption(new Option('-q, --quiet', 'say nothing but data and errors'))
    .addOption(new Option('--no-color', 'no colours'));
}

/** A flag counts before its variable; an empty one says nothing. */
export function connectionOf({ url, token }: ConnectionFlags): Connection {
  const { PRESQUE_URL, PRESQUE_TOKEN } = process.env;
  const found = token || PRESQUE_TOKEN;
  return { url: url || PRESQUE_URL || defaultUrl, ...(found && { token: found }) };
}
