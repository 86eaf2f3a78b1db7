/** The options of a push that one job and many have alike. */

import { type Command, Option } from 'commander';
import { collected, durationText, time, wholeNumber } from './values.js';

export const addTiming = (command: Command): Command =>
  command
    .addOption(
      new Option('--delay <TIME>', 'not to be taken before so long from now').argParser(durationText),
    )
    .addOption(
      new Option(
        '--delayed <TIME>',
        'not to be taken before then: epoch seconds or 2030-01-31T12:00Z',
      ).argParser(time),
    )
    .addOption(
      new Option('--priority <N>', '0 to 9, higher ones are taken first (default 5)').argParser(
        wholeNumber(0, 9),
      ),
    )
    .addOption(new Option('--ttl <TIME>', 'dead when it has waited for so long').argParser(durationText))
    .addOption(
      new Option('--attempts <N>', 'how often it is tried until it is dead').argParser(wholeNumber(1, 1_000)),
    )
    .addOption(
      new Option(
        '--backoff <TIMES>',
        'between attempts: exponential, "fixed 30s", or a list such as 10s,1m,10m',
      ),
    )
    .addOption(
      new Option('--keep <TIME>', 'how long its record and result stay once done').argParser(durationText),
    )
    .addOption(new Option('--tag <WORD>', 'a word about it; repeatable').argParser(collected))
    .addOption(
      new Option('--durability <LEVEL>', 'how far the write must come: fsync, memory, replicated=2, …'),
    );
