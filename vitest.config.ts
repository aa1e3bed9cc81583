import { defineConfig } from 'vitest/config';

/*
 * Two tiers, by the names of files: `*.test.ts` is what `npm test` runs, in a minute or two; `*.slow.test.ts` is what
 * takes long, changes its process or needs other programs. `npm run test:all` runs both.
 */
const SLOW = 'test/**/*.slow.test.ts';

/** No test measures time. This ends what hangs, however loaded the machine is [ms]. */
const PATIENCE = 1_800_000 * Number(process.env.FUZZ_FACTOR ?? 1);

/** The built program is loaded as it is. */
const BUILT = { deps: { external: [/\/dist\//] } };

export default defineConfig({
  test: {
    // Vitest would leave one processor idle.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'quick',
          include: ['test/**/*.test.ts'],
          exclude: [SLOW],
          setupFiles: ['test/seed.ts'],
          // Modules are loaded once, not once per file; so no quick test may change what others see.
          isolate: false,
          server: BUILT,
          // A test of which nothing was compared cannot fail.
          expect: { requireAssertions: true },
          testTimeout: PATIENCE,
          hookTimeout: PATIENCE,
        },
      },
      {
        test: {
          name: 'slow',
          include: [SLOW],
          setupFiles: ['test/seed.ts'],
          server: BUILT,
          // A test of which nothing was compared cannot fail.
          expect: { requireAssertions: true },
          testTimeout: PATIENCE,
          hookTimeout: PATIENCE,
        },
      },
    ],
  },
});
