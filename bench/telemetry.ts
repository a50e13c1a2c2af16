import { createServer } from 'node:http'
import { once } from 'node:events'
import process from 'node:process'
import { Hub } from '../server/log/reading/hub.ts'
import type { CommittedEvent } from '../server/log/events.ts'
import { traceDelivery } from '../server/telemetry/delivery.ts'
import { openTelemetry } from '../server/telemetry/open-telemetry.ts'
import { OFF } from '../server/telemetry/telemetry.ts'
import type { Telemetry } from '../server/telemetry/telemetry.ts'
import { traceCommits } from '../server/telemetry/traced.ts'
import { SessionId, RunId } from '../shared/contract/ids.ts'
import { newId } from '../shared/contract/new-id.ts'
import { median } from './measure/distribution.ts'
import { formatTable } from './measure/table.ts'
import type { Options } from './options.ts'

const ANSWERS = 20_000
/** The batches of an answer in which its tokens are committed and handed to a reader. */
const BATCHES = 12
const TOKENS_OF_A_BATCH = 8

type Round = (answer: number) => Promise<void>

/**
 * Measures the cost of telemetry for an answer with one step and one reader: all that is called of it, with nothing in
 * between. The figures are CPU time of this process, so that other work on the machine does not count.
 */
export async function benchTelemetry({ repeat }: Options) {
  await using collector = await startCollector()
  const on = openTelemetry({ endpoint: collector.url, version: 'bench', intervalMs: 1_000 })
  const kinds: Record<string, Round> = {
    'nothing, the same work': calls(null, null),
    off: calls(OFF, null),
    'on, with a collector': calls(on, on),
  }
  const rounds = new Map<string, number[]>()
  // The variants take turns, so that other work on the machine affects all of them.
  for (let round = 0; round < repeat * 3 + 1; round += 1) {
    for (const [name, work] of Object.entries(kinds)) {
      const micros = await cpuOf(work)
      // The first round warms up the compiler.
      if (round > 0) rounds.set(name, [...(rounds.get(name) ?? []), micros])
    }
  }
  await on.close()
  const rows = [...rounds].map(([name, values]) => [name, median(values), Math.max(...values)])
  console.log(`\n${formatTable(['telemetry', 'µs of CPU an answer', 'at most'], rows)}\n`)
  return Object.fromEntries(rounds)
}

/** @param telemetry null for the work alone, without calls of telemetry */
function calls(telemetry: Telemetry | null, delivery: Telemetry | null): Round {
  const hub = new Hub(undefined, { observer: delivery && traceDelivery(delivery) })
  const sessionId = SessionId.parse(newId())
  hub.subscribe(sessionId, new AbortController().signal).reached(0)
  const traced = telemetry && telemetry !== OFF ? traceCommits(telemetry) : null
  const commit = traced ?? (<T>(work: () => Promise<T>) => work())
  const within = async (name: string, work: () => Promise<void>): Promise<void> =>
    telemetry ? telemetry.within({ name, kind: 'internal' }, work) : work()
  let seq = 0
  return () =>
    within('messages.send', async () => {
      await commit(async () => undefined)
      await within('invoke_agent throughline', () =>
        within('step', async () => {
          const runId = RunId.parse(newId())
          for (let batch = 0; batch < BATCHES; batch += 1) {
            const events = Array.from({ length: TOKENS_OF_A_BATCH }, (): CommittedEvent => {
              seq += 1
              const event = { type: 'chunk', runId, part: 0, kind: 'text', offset: 0, text: 'x' }
              return { seq, event: event as never }
            })
            hub.publish(sessionId, events)
          }
          seq += 1
          hub.publish(sessionId, [{ seq, event: { type: 'end', runId } as never }])
          await commit(async () => undefined)
        }),
      )
    })
}

async function cpuOf(work: Round): Promise<number> {
  const before = process.cpuUsage()
  for (let answer = 0; answer < ANSWERS; answer += 1) await work(answer)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / ANSWERS
}

async function startCollector() {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end('{}'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
