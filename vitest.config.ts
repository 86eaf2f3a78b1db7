import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The suites start real servers and watch real disks; much of their time they wait for these, but more at once only makes them late.
    maxWorkers: 3,
    server: { deps: { external: [/\/dist\//] } },
  },
});
