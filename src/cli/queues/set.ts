/** `presque queues set`: the policy of a queue, as words `name=value`. */

import { type Command, Help } from 'commander';
import { policyFields } from '../../api/policy.js';
import type { PolicyChange } from '../../client/client.js';
import { addConnection, type ConnectionFlags } from '../connection.js';
import { fail, usageError } from '../exit.js';
import { withServer } from '../session.js';
import { duration } from '../terminal/human.js';

type Name = keyof PolicyChange;

const fields = new Map(
  Object.values(policyFields).map((field) => [field.member as Name, field as { readonly form?: string }]),
);
const names = [...fields.keys()];
const isDuration = (name: string) => fields.get(name as Name)?.form === 'duration';

export function addQueuesSet(queues: Command) {
  const set = queues
    .command('set')
    .description('Set the policy of a queue.')
    .argument('<QUEUE>', 'the queue; it is made if it is not there yet')
    .argument('<NAME=VALUE...>', 'what to set; null, or nothing behind =, is the default again')
    .addHelpText('after', `\n${meanings()}\n${examples}`);
  addConnection(set);
  set.action((queue: string, words: string[], flags: ConnectionFlags) => {
    const change = changeOf(words);
    return withServer(flags, async ({ client, output }) => {
      await client.setPolicy(queue, change);
      if (output.isJson) output.value({ queue, ...(await client.policy(queue)) });
      else output.say(`${queue} is set`);
    });
  });
}

const examples = `
All of them are set, or none.

Examples:
  $ presque queues set mail lease=60s attempts=5 backoff=10s,1m,10m
  $ presque queues set mail max_size=100000 keep_done=1d
  $ presque queues set mail attempts=null`;

/** What each name means, as the HTTP interface says it. */
function meanings(): string {
  const help = Object.assign(new Help(), { helpWidth: 120 });
  const width = Math.max(...names.map((name) => name.length));
  const lines = Object.values(policyFields).map(({ member, schema }) => {
    const { description = '' } = schema as { description?: string };
    return help.formatItem(member, width, description.replaceAll('`', ''), help);
  });
  return `Names:\n${lines.join('\n')}`;
}

function changeOf(words: readonly string[]): PolicyChange {
  const entries = words.map((word) => {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(word) ?? fail(`not NAME=VALUE: ${word}`, usageError);
    if (!fields.has(name as Name)) {
      fail(`${name} is not part of a policy: ${names.join(', ')}`, usageError);
    }
    return [name, setTo(name as Name, value as string)] as const;
  });
  const repeated = entries.find(([name], at) => entries.findIndex(([other]) => other === name) < at);
  if (repeated) fail(`${repeated[0]} is set twice`, usageError);
  return Object.fromEntries(entries) as PolicyChange;
}

function setTo(name: Name, text: string): string | number | null {
  if (text === '' || text === 'null') return null;
  if (fields.get(name)?.form !== undefined) return text;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  return fail(`${name} must be a whole number: ${text}`, usageError);
}

/** A policy for people: durations as they are set. */
export function policyTexts(policy: object): { readonly [name: string]: string } {
  const entries = Object.entries(policy).map(([name, value]) => {
    if (Array.isArray(value)) return [name, value.map(duration).join(',')];
    return [name, isDuration(name) ? duration(value as number) : String(value)];
  });
  return Object.fromEntries(entries) as { [name: string]: string };
}
