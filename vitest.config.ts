import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The suites start real servers and watch real disks: more at a time than cores only makes them wait.
    maxWorkers: 2,
    server: { deps: { external: [/\/dist\//] } },
  },
});
