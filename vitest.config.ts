import process from 'node:process'
import { defineConfig } from 'vitest/config'

// Machines are noisy: a test waits for conditions, and these bounds only end what would never come.
const poll = { timeout: 30_000 }
const patience = { testTimeout: 120_000, hookTimeout: 240_000, expect: { poll } }

const stories = {
  testTimeout: 180_000,
  hookTimeout: 300_000,
  expect: { poll },
  pool: 'forks',
} as const
/** These run twice: on the embedded database in `unit`, and in `postgres`. */
const ON_BOTH_DATABASES = '**/*.both.test.ts'
/** Tests of whole processes and of pages that no promise of seconds is in. */
const UNTIMED = [
  'e2e/{accounts,interface,offline,scrolling,two-people,use-chat,voice}.story.ts',
  'scripts/{chat,export,protocols,try-set}.test.ts',
  'server/stories/{mcp-kill,start}.test.ts',
]
/** Left out by `npm run test:quick`: what starts processes, or takes seconds. */
const SLOW = [
  'db/engine/{database,embedded/embedded}.test.ts',
  'scripts/{build-web,chromium}.test.ts',
  'server/mcp/servers.test.ts',
  'server/model/hostile.test.ts',
  'server/stories/{endpoints,hostile,older-tools,simulation,slow-work}.test.ts',
  'server/stories/{branches,context,long-messages,mcp,plain-http,presence,titles,transfer}.both.test.ts',
  'server/testing/test-server.test.ts',
]
const OF_THE_PACKAGE = ['scripts/package.test.ts', 'scripts/registry.test.ts']
const IN_THE_BROWSER = ['e2e/browser.story.ts', 'e2e/budget.story.ts', 'e2e/mcp.story.ts']
/** What runs at once where nothing has to happen within seconds: much of it waits for databases and processes. */
const AT_ONCE = 4

export default defineConfig({
  test: {
    projects: [
      {
        // For the one program of the examples that a story runs from here.
        resolve: {
          alias: { 'throughline/ai-sdk': `${import.meta.dirname}/shared/ai-sdk/index.ts` },
        },
        test: {
          ...patience,
          name: 'unit',
          include: ['**/*.test.{ts,tsx}'],
          // The examples are tested as a user has them: with the packed package (scripts/package.test.ts).
          exclude: [
            ...['**/node_modules/**', '**/dist/**', '**/*.pg.test.ts', 'examples/**'],
            ...OF_THE_PACKAGE,
            ...UNTIMED,
            ...(process.env.QUICK === '1' ? SLOW : []),
          ],
          globalSetup: ['scripts/testing/environment.ts'],
          provide: { database: 'embedded' },
          pool: 'forks',
          // Files share a process, and with it the modules and the databases in memory.
          isolate: false,
          maxWorkers: AT_ONCE,
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
          maxWorkers: AT_ONCE,
        },
      },
      {
        test: {
          ...stories,
          name: 'package',
          include: OF_THE_PACKAGE,
          globalSetup: ['scripts/testing/package.ts'],
          maxWorkers: AT_ONCE,
        },
      },
      {
        test: {
          ...stories,
          name: 'untimed',
          include: UNTIMED,
          globalSetup: ['scripts/testing/browser.ts', 'scripts/testing/postgres.ts'],
          maxWorkers: AT_ONCE,
        },
      },
      {
        test: {
          ...stories,
          name: 'processes',
          include: ['e2e/**/*.story.ts'],
          exclude: ['**/node_modules/**', ...IN_THE_BROWSER, ...UNTIMED],
          globalSetup: ['scripts/testing/postgres.ts'],
          // They wait for leases, networks and starts most of the time. Some of what they wait for is promised within
          // seconds, so nothing that takes a processor for long goes on beside them.
          maxWorkers: 3,
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
