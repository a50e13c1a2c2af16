import { defineConfig } from 'vitest/config'

// Machines are noisy: a test waits for conditions, and these bounds only end what would never come.
const patience = { testTimeout: 60_000, hookTimeout: 120_000 }

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...patience,
          name: 'unit',
          include: ['**/*.test.{ts,tsx}'],
          // The examples are tested as a user has them: with the packed package (scripts/package.test.ts).
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.pg.test.ts', 'examples/**'],
          globalSetup: ['scripts/testing/environment.ts'],
          pool: 'forks',
          maxWorkers: 2,
        },
      },
      {
        test: {
          ...patience,
          name: 'postgres',
          include: ['**/*.pg.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          globalSetup: ['scripts/testing/postgres.ts'],
          pool: 'forks',
          maxWorkers: 2,
        },
      },
      {
        test: {
          testTimeout: 180_000,
          hookTimeout: 300_000,
          name: 'e2e',
          include: ['e2e/**/*.story.ts'],
          globalSetup: ['scripts/testing/browser.ts', 'scripts/testing/postgres.ts'],
          pool: 'forks',
          // One browser at a time, after everything else: stories look at timing as a person would.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
