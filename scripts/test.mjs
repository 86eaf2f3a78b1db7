/**
 * `npm test`: installs and builds what is missing, checks types, style and dead code, runs every suite, and ends with
 * `N passed, N failed`. Arguments are passed to vitest: `npm test -- test/http`.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPrograms } from './debian.mjs';
import { build, install, root } from './setup.mjs';

install();
build();
installPrograms('redis-server', 'chromium');

const checks = [
  ['types', 'typescript/bin/tsc', '-p', 'tsconfig.json'],
  ['style', '@biomejs/biome/bin/biome', 'check', '.'],
  ['unused code and packages', 'knip/bin/knip.js'],
];
const count = { passed: 0, failed: 0, skipped: 0 };

const node = (args, options) =>
  spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', ...options }).status;

for (const [name, bin, ...args] of checks) {
  const passed = node([`node_modules/${bin}`, ...args]) === 0;
  count[passed ? 'passed' : 'failed']++;
  console.log(`${passed ? 'ok' : 'FAILED'}: ${name}`);
}

const directory = mkdtempSync(join(tmpdir(), 'presque-test-'));
const report = join(directory, 'report.json');
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
const status = node(['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...process.argv.slice(2)]);
addSuites(status === 0);
rmSync(directory, { recursive: true });

const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
console.log(`\n${count.passed} passed, ${count.failed} failed${skipped}`);
process.exitCode = count.failed > 0 ? 1 : 0;

/** A suite that could not even be read counts as a failure, though no test of it failed. */
function addSuites(passed) {
  const failedBefore = count.failed;
  try {
    const result = JSON.parse(readFileSync(report, 'utf8'));
    count.passed += result.numPassedTests;
    count.failed += result.numFailedTests;
    count.skipped += result.numPendingTests + result.numTodoTests;
    for (const test of result.testResults.flatMap((file) => file.assertionResults)) {
      if (test.status === 'pending' || test.status === 'skipped') console.log(`skipped: ${test.fullName}`);
    }
  } catch (error) {
    console.log(`no report of the suites: ${error.message}`);
  }
  if (!passed && count.failed === failedBefore) count.failed++;
}
