import { setTimeout as delay } from 'node:timers/promises'
import { openReader, doorNames } from './doors/readers.ts'
import type { DoorName } from './doors/readers.ts'
import { formatTable } from './measure/table.ts'
import { processTreeCpu } from './measure/proc.ts'
import type { Options } from './options.ts'
import { startProvider } from './peers/targets.ts'
import type { ServerProcess } from '../scripts/testing/server-process.ts'
import { startServer } from './server/started-server.ts'
import { openStorage } from './server/storage.ts'

/** Answers at once, tokens of each, and tokens a second: as many as a person sees. */
const STREAMS = 20
const RATE = 50
/** Tokens of each answer of the first, unmeasured round. */
const WARM_UP = 200

type Figures = Record<DoorName, { microsecondsPerToken: number; ratio: number; rounds: number[] }>

/**
 * One server on Postgres, and the same answers read through each door in turn, one reader for each answer. Measured is the
 * CPU time (user and system) of the server's process for each token that reached its reader: of writing it once, and of
 * this door's reading. The provider and the readers are processes of their own.
 */
export async function benchDoors(options: Options): Promise<Figures> {
  await using opened = new AsyncDisposableStack()
  const { settings } = await openStorage('postgres', opened)
  const provider = opened.use(await startProvider())
  const server = opened.use(
    await startServer({
      ...settings,
      OPENAI_BASE_URL: provider.baseUrl,
      LIMIT_RUNS_AT_ONCE: '100',
      LLM_MODEL: 'bench',
      LOG_LEVEL: 'warn',
    }),
  )
  const tokens = Math.max(50, Math.round(options.seconds * RATE))
  const costs = new Map<DoorName, number[]>(doorNames.map((name) => [name, []]))
  for (const name of doorNames) await round(server, name, WARM_UP)
  for (let at = 0; at < options.repeat; at += 1) {
    // The doors take turns, so that other work on the machine affects all of them.
    for (const name of doorNames) {
      const cost = await round(server, name, tokens)
      costs.get(name)?.push(cost)
    }
  }
  const median = (name: DoorName) => {
    const sorted = (costs.get(name) ?? []).toSorted((a, b) => a - b)
    return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN
  }
  const least = median('tRPC')
  const figures = Object.fromEntries(
    doorNames.map((name) => [
      name,
      {
        microsecondsPerToken: median(name),
        ratio: median(name) / least,
        rounds: costs.get(name) ?? [],
      },
    ]),
  ) as Figures
  const rows = doorNames.map((name) => [
    name,
    figures[name].microsecondsPerToken,
    figures[name].ratio,
    figures[name].rounds.map((cost) => Math.round(cost)).join(' '),
  ])
  const heading = ['door', 'CPU µs/token', 'of tRPC’s', 'rounds']
  console.log(`\n${formatTable(heading, rows)}\n`)
  return figures
}

/** @returns microseconds of the server's CPU for each token */
async function round(server: ServerProcess, name: DoorName, tokens: number): Promise<number> {
  const pid = server.process.pid ?? 0
  const readers = await Promise.all(
    Array.from({ length: STREAMS }, () => openReader(name, server.url)),
  )
  // The cost of opening them is not measured.
  await delay(500)
  const before = await processTreeCpu(pid)
  const question = `[[n=${tokens},r=${RATE}]]`
  const read = await Promise.all(readers.map((reader) => reader.ask(question)))
  const after = await processTreeCpu(pid)
  for (const reader of readers) reader.close()
  // Titles and compaction do not belong to a token, and must not run in the next round.
  await delay(1_000)
  const came = read.reduce((sum, one) => sum + one, 0)
  if (came !== STREAMS * tokens) {
    throw new Error(`${name}: ${came} of ${STREAMS * tokens} tokens came`)
  }
  return (after - before) / came
}
