import { defineConfig } from 'vitest/config'

// Machines are noisy: a test waits for conditions, and these bounds only end what would never come.
const patience = { testTimeout: 60_000, hookTimeout: 120_000 }

const stories = { testTimeout: 180_000, hookTimeout: 300_000, pool: 'forks' } as const
/** These run twice: on the embedded database in `unit`, and in `postgres`. */
const ON_BOTH_DATABASES = '**/*.both.test.ts'
const OF_THE_PACKAGE = ['scripts/package.test.ts', 'scripts/registry.test.ts']
const IN_THE_BROWSER = ['e2e/browser.story.ts', 'e2e/budget.story.ts', 'e2e/mcp.story.ts']

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...patience,
          name: 'unit',
          include: ['**/*.test.{ts,tsx}'],
          // The examples are tested as a user has them: with the packed package (scripts/package.test.ts).
          exclude: [
            ...['**/node_modules/**', '**/dist/**', '**/*.pg.test.ts', 'examples/**'],
            ...OF_THE_PACKAGE,
          ],
          globalSetup: ['scripts/testing/environment.ts'],
          provide: { database: 'embedded' },
          pool: 'forks',
          // Files share a process, and with it the modules and the databases in memory.
          isolate: false,
          maxWorkers: 2,
        },
      },
      {
        test: {
          ...patience,
          name: 'postgres',
          include: ['**/*.pg.test.ts', ON_BOTH_DATABASES],
          exclude: ['**/node_modules/**', '**/dist/**'],
          globalSetup: ['scripts/testing/postgres.ts'],
          provide: { database: 'postgres' },
          pool: 'forks',
          isolate: false,
          maxWorkers: 2,
        },
      },
      {
        test: {
          ...patience,
          name: 'package',
          include: OF_THE_PACKAGE,
          globalSetup: ['scripts/testing/package.ts'],
          pool: 'forks',
          maxWorkers: 2,
        },
      },
      {
        test: {
          ...stories,
          name: 'processes',
          include: ['e2e/**/*.story.ts'],
          exclude: ['**/node_modules/**', ...IN_THE_BROWSER],
          globalSetup: ['scripts/testing/postgres.ts'],
          // They wait for leases and networks most of the time, and some of what they wait for is promised within seconds:
          // nothing that takes a processor for long goes on beside them.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...stories,
          name: 'browser',
          include: IN_THE_BROWSER,
          globalSetup: ['scripts/testing/browser.ts', 'scripts/testing/postgres.ts'],
          // One browser at a time, after everything else: stories look at timing as a person would.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
