import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '../db/engine/database.ts'
import { residentMemory } from './measure/proc.ts'
import { formatTable } from './measure/table.ts'
import type { Options } from './options.ts'
import { AnswerClient, allOf } from './server/answer-client.ts'
import type { ServerProcess } from '../scripts/testing/server-process.ts'
import { startServer } from './server/started-server.ts'
import { openStorage } from './server/storage.ts'

/** Resident memory of a server, in MiB. */
type Memory = {
  database: Database['kind']
  /** The first start creates the database; later starts open it. */
  start: 'first' | 'later'
  startSeconds: number
  started: number
  answered: number
  highest: number
}

const ANSWERS = 50
const CONCURRENT_ANSWERS = 10
const QUESTION = 'Write 100 words about memory'
const TIMEOUT_MS = 60_000
/** Gives the garbage collector time to free what the start allocated. */
const SETTLE_MS = 5_000
const MEBIBYTE = 2 ** 20

/** Measures the memory of a started server before and after answers, on both databases. */
export async function benchMemory(options: Options): Promise<Memory[]> {
  const figures: Memory[] = []
  for (const database of options.databases) {
    await using opened = new AsyncDisposableStack()
    const { settings } = await openStorage(database, opened)
    for (const start of ['first', 'later'] as const) {
      const began = performance.now()
      await using server = await startServer(settings)
      const startSeconds = (performance.now() - began) / 1000
      figures.push({ database, start, startSeconds, ...(await measure(server)) })
      await server.end('SIGTERM')
    }
  }
  const heading = [
    'database',
    'start',
    'start s',
    'started MiB',
    `after ${ANSWERS} answers`,
    'highest',
  ]
  const rows = figures.map((row) => Object.values(row))
  console.log(`\n${formatTable(heading, rows)}\n`)
  return figures
}

async function measure(server: ServerProcess) {
  await delay(SETTLE_MS)
  const started = await residentMemory(server.process.pid ?? 0)
  for (let answered = 0; answered < ANSWERS; answered += CONCURRENT_ANSWERS) {
    await answer(server, CONCURRENT_ANSWERS)
  }
  await delay(SETTLE_MS)
  const afterwards = await residentMemory(server.process.pid ?? 0)
  return {
    started: started.now / MEBIBYTE,
    answered: afterwards.now / MEBIBYTE,
    highest: afterwards.highest / MEBIBYTE,
  }
}

async function answer(server: ServerProcess, count: number): Promise<void> {
  const clients = Array.from({ length: count }, () => new AnswerClient())
  await Promise.all(clients.map((client) => client.connect(server.url)))
  for (const client of clients) client.ask(QUESTION)
  if (!(await allOf(clients, ({ outcome }) => outcome === 'completed', TIMEOUT_MS))) {
    throw new Error('an answer did not end')
  }
  for (const client of clients) client.close()
}
