/** Options that say which jobs are meant. */

import { Option } from 'commander';
import { states } from '../jobs/record.js';

export const stateOption = (meaning: string) => new Option('--state <STATE>', meaning).choices(states);
export const containsOption = () =>
  new Option('--contains <TEXT>', 'only jobs that have this text in them, as it stands there');
export const yesOption = () => new Option('-y, --yes', 'do it without asking');
