#!/usr/bin/env node

/** The `presque` executable. */

import { createProgram } from './program.js';
import { endOnClosedPipe } from './terminal/pipes.js';

endOnClosedPipe();
await createProgram().parseAsync();
