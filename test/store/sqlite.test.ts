/** The SQLite store does what every store must. */

import { openSqliteSubject } from '../support/store.js';
import { describeStore } from './conformance.js';

describeStore('sqlite', openSqliteSubject);
