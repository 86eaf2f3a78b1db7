/** `npm run build`: the package as it is published, in `dist`. */

import { build } from './setup.mjs';

build();
