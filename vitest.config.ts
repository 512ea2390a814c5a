import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** vitest leaves one core to itself, of two as well; here it has next to nothing to do. */
const workers = Math.max(2, availableParallelism() - 1);

/** What a test expects is English, wherever the tester comes from. */
const env = { LC_ALL: 'C.UTF-8', LANGUAGE: '' };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          env,
          maxWorkers: workers,
          include: [
            'src/**/*.test.ts',
            'test/{contract,fixtures-check,hostile,wal-archive,support}/**/*.test.ts',
            'test/docs/*.test.ts',
          ],
          exclude: ['test/docs/{guide,json-output}.test.ts'],
          // What ends a test that hangs, and nothing else: a loaded machine takes its time.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        // The programs and the library against the openGauss stand-in and the recorded sessions: no server needed.
        test: {
          name: 'opengauss',
          env,
          maxWorkers: workers,
          include: ['test/{opengauss,follow-recovery}/**/*.test.ts', 'test/faults/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        // What stands on an object store, on the in-process S3 server, and on radosgw where it is installed.
        test: {
          name: 'objects',
          env,
          maxWorkers: workers,
          include: ['test/object-storage/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
      {
        test: {
          name: 'e2e',
          env,
          include: ['test/e2e/**/*.test.ts', 'test/faults/servers/*.test.ts', 'test/docs/{guide,json-output}.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // Three files at a time on two cores: a test waits for its server as much as it works. The cases of a file run one after another.
          maxWorkers: workers + 1,
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
      {
        // The built programs on newer releases of Node, which test/nodes installs: `npm run test:all`.
        test: {
          name: 'nodes',
          env,
          maxWorkers: workers,
          include: ['test/nodes/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
    ],
  },
});
