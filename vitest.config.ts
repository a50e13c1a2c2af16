import process from 'node:process'
import { defineConfig } from 'vitest/config'
import { EMBEDDED_FLAGS } from './scripts/testing/server-process.ts'
import { LongestFirst } from './scripts/testing/longest-first.ts'
import { RetriedTests } from './scripts/testing/retried-tests.ts'

// Machines are noisy: a test waits for conditions, and these bounds only end what would never come.
const poll = { timeout: 30_000 }
/** The long forms do up to a hundred times as much. */
const isLong = process.env.LONG === '1'
/**
 * Whole processes and browsers on a busy machine are late by chance, which shall not refuse a change. The run names each
 * test that needed its second try. What runs in one process has none: there a rare failure is a fault. Neither have the
 * long forms, which look for those.
 */
const RETRIES = isLong ? 0 : 1
/** The number of parallel test files where no timing is asserted: they mostly wait for databases and processes. */
const AT_ONCE = 4
const patience = {
  testTimeout: isLong ? 1_200_000 : 120_000,
  hookTimeout: 240_000,
  expect: { poll },
}

/** The settings of tests that run within a worker of Vitest. */
const inProcess = {
  ...patience,
  pool: 'forks' as const,
  // Files share a process, and with it the modules and the databases in memory.
  isolate: false,
  setupFiles: ['scripts/testing/cheap-passwords.ts'],
  maxWorkers: AT_ONCE,
}

/** The path of a global setup. */
const setup = (name: string): string => `scripts/testing/${name}.ts`

const stories = {
  testTimeout: isLong ? 1_200_000 : 180_000,
  hookTimeout: isLong ? 900_000 : 300_000,
  expect: { poll },
  pool: 'forks',
  retry: RETRIES,
} as const
/** These run in `postgres`, and but for `ON_ONE_DATABASE` on the embedded database in `unit`. */
const ON_BOTH_DATABASES = '**/*.both.test.ts'
/** Tests of whole processes and of pages that no promise of seconds is in. */
const UNTIMED = [
  'e2e/{accounts,interface,offline,screens}/*.story.ts',
  'e2e/{mcp,scrolling,use-chat,voice}.story.ts',
  'e2e/drills/{disk-full,dump-restore,version-back}.story.ts',
  'e2e/faults/{files-cut,killed-server,presence}.story.ts',
  'scripts/{chat,deploy/try-set,documents/protocols,export}.test.ts',
  'server/stories/{start,tools/mcp-kill}.test.ts',
]
/**
 * Stories of what a database does the same way on each kind: `npm test` tells them on Postgres, `npm run test:quick` on
 * the embedded database, and `npm run test:long` on both. What the kinds do differently, such as transactions at once,
 * recovery and the log, is told on both each time.
 */
const ON_ONE_DATABASE =
  'server/stories/{accounts,answers,doors,isolation,limits,tools}/*.both.test.ts'
/** Left out by `npm run test:quick`: what starts processes, or takes seconds. */
const SLOW = [
  'db/engine/{database,embedded/embedded}.test.ts',
  'scripts/{build/stamped-build,testing/chromium}.test.ts',
  'server/mcp/{reference-server,servers}.test.ts',
  'server/model/hostile.test.ts',
  'server/stories/{answers/{endpoints,hostile},nodes/simulation,slow-work,tools/older-tools}.test.ts',
  'server/stories/sessions/{branches,branches-answering,imports,presence,summaries,titles,transfer}.both.test.ts',
  'server/stories/{answers/context,http/plain-http,log/long-messages,tools/mcp}.both.test.ts',
  'server/testing/test-server.test.ts',
]
const OF_THE_PACKAGE = ['scripts/package/package.test.ts', 'scripts/package/registry.test.ts']
const IN_THE_BROWSER = ['e2e/answers/answers.story.ts', 'e2e/budget.story.ts']

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    reporters: [new RetriedTests(), 'default'],
    projects: [
      {
        // For the one program of the examples that a story runs from here.
        resolve: {
          alias: { 'throughline/ai-sdk': `${import.meta.dirname}/shared/ai-sdk/index.ts` },
        },
        test: {
          ...inProcess,
          name: 'unit',
          include: ['**/*.test.{ts,tsx}'],
          // The examples are tested as a user has them: with the packed package (scripts/package/package.test.ts).
          exclude: [
            ...['**/node_modules/**', '**/dist/**', '**/*.pg.test.ts', 'examples/**'],
            ...OF_THE_PACKAGE,
            ...UNTIMED,
            ...(process.env.QUICK === '1' ? SLOW : []),
            ...(process.env.QUICK === '1' || isLong ? [] : [ON_ONE_DATABASE]),
          ],
          globalSetup: ['environment', 'server'].map(setup),
          provide: { database: 'embedded' },
          execArgv: EMBEDDED_FLAGS,
        },
      },
      {
        test: {
          ...inProcess,
          name: 'postgres',
          include: ['**/*.pg.test.ts', ON_BOTH_DATABASES],
          exclude: ['**/node_modules/**', '**/dist/**'],
          globalSetup: ['postgres', 'server'].map(setup),
          provide: { database: 'postgres' },
        },
      },
      {
        test: {
          ...stories,
          name: 'package',
          include: OF_THE_PACKAGE,
          globalSetup: [setup('package')],
          maxWorkers: AT_ONCE,
        },
      },
      {
        test: {
          ...stories,
          name: 'untimed',
          include: UNTIMED,
          globalSetup: ['browser', 'postgres', 'server'].map(setup),
          maxWorkers: AT_ONCE,
        },
      },
      {
        test: {
          ...stories,
          name: 'processes',
          include: ['e2e/**/*.story.ts'],
          exclude: ['**/node_modules/**', ...IN_THE_BROWSER, ...UNTIMED],
          globalSetup: ['postgres', 'server'].map(setup),
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
          globalSetup: ['browser', 'postgres', 'server'].map(setup),
          // One browser at a time, after everything else: stories look at timing as a person would.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
