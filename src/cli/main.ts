#!/usr/bin/env node
/** The `presque` executable. */

import { endOnClosedPipe } from './pipes.js';
import { createProgram } from './program.js';

endOnClosedPipe();
await createProgram().parseAsync();
