import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as delay } from 'node:timers/promises'
import { startServer } from '../scripts/testing/server-process.ts'
import type { ServerProcess } from '../scripts/testing/server-process.ts'
import { openReader } from './doors/readers.ts'
import { median } from './measure/distribution.ts'
import { processTreeCpu } from './measure/proc.ts'
import { formatTable } from './measure/table.ts'
import type { Options } from './options.ts'
import { startProvider } from './peers/targets.ts'
import { openStorage } from './server/storage.ts'

/** Answers at once, and tokens a second of each: as many as a person sees. */
const STREAMS = 20
const RATE = 50
/** Answers of one token, all at once, for what an answer costs by itself. */
const ANSWERS = 40
const WARM_UP = 200

type Version = 'before' | 'now'
type Costs = Record<Version, { token: number[]; answer: number[] }>
type Figures = Record<string, { costs: Costs; perToken: number; perAnswer: number }>

/**
 * Measures the cost of a token and an answer in `single` mode, of this version and of that in the folder `--against`.
 * Both run at once and are asked in turn, in alternating order, so that a ratio compares the same half minute.
 */
export async function benchVersions({ against, databases, ...options }: Options): Promise<Figures> {
  if (against === undefined) {
    throw new Error('--against names the folder of the version to compare with, such as a worktree')
  }
  const mains = {
    before: resolve(against, 'server/main.ts'),
    now: fileURLToPath(new URL('../server/main.ts', import.meta.url)),
  }
  const figures: Figures = {}
  for (const database of databases) {
    await using opened = new AsyncDisposableStack()
    const provider = opened.use(await startProvider())
    const start = async (version: Version) => {
      const { settings } = await openStorage(database, opened)
      const env = { ...settings, OPENAI_BASE_URL: provider.baseUrl, LLM_MODEL: 'bench' }
      return opened.use(await startServer(env, mains[version], []))
    }
    const servers = { before: await start('before'), now: await start('now') }
    const costs: Costs = { before: { token: [], answer: [] }, now: { token: [], answer: [] } }
    for (const server of Object.values(servers)) await round(server, STREAMS, WARM_UP)
    for (let at = 0; at < options.repeat; at += 1) {
      const order: Version[] = at % 2 === 0 ? ['before', 'now'] : ['now', 'before']
      for (const version of order) {
        const tokens = Math.round(options.seconds * RATE)
        const used = await round(servers[version], STREAMS, tokens)
        costs[version].token.push(used / (STREAMS * tokens))
      }
      for (const version of order) {
        const used = await round(servers[version], ANSWERS, 1)
        costs[version].answer.push(used / ANSWERS)
        console.log(`${database}, ${version}: ${costs[version].token.at(-1)} ${used / ANSWERS}`)
      }
    }
    const ratio = (of: 'token' | 'answer') =>
      median(costs.now[of].map((cost, at) => cost / (costs.before[of][at] ?? Number.NaN)))
    figures[database] = { costs, perToken: ratio('token'), perAnswer: ratio('answer') }
    const rows = (['token', 'answer'] as const).map((of) => [
      `${database}, of ${of === 'token' ? 'a token' : 'an answer'}`,
      median(costs.before[of]),
      median(costs.now[of]),
      ratio(of),
      costs.now[of]
        .map((cost, at) => (cost / (costs.before[of][at] ?? Number.NaN)).toFixed(2))
        .join(' '),
    ])
    const heading = ['CPU µs', 'before', 'now', 'median of the pairs', 'pairs']
    console.log(`\n${formatTable(heading, rows)}\n`)
  }
  return figures
}

/** @returns microseconds of the server's CPU for so many answers at once, each with so many tokens */
async function round(server: ServerProcess, answers: number, tokens: number): Promise<number> {
  const pid = server.process.pid ?? 0
  const readers = await Promise.all(
    Array.from({ length: answers }, () => openReader('tRPC', server.url)),
  )
  // The cost of opening them is not measured.
  await delay(1_000)
  const before = await processTreeCpu(pid)
  const read = await Promise.all(readers.map((reader) => reader.ask(`[[n=${tokens},r=${RATE}]]`)))
  // Work after an answer, such as the compaction of its log, belongs to its cost.
  await delay(1_000)
  const used = (await processTreeCpu(pid)) - before
  for (const reader of readers) reader.close()
  await delay(500)
  const came = read.reduce((sum, one) => sum + one, 0)
  if (came !== answers * tokens) throw new Error(`${came} of ${answers * tokens} tokens came`)
  return used
}
