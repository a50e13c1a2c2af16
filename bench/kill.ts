import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '../db/engine/database.ts'
import { readEvents } from '../db/queries/log/events.ts'
import { countTokens } from '../server/model/demo/tokens.ts'
import { formatTable } from './measure/table.ts'
import type { Options } from './options.ts'
import { AnswerClient, LogEvent, allOf } from './server/answer-client.ts'
import type { ServerProcess } from '../scripts/testing/server-process.ts'
import { startServer } from './server/started-server.ts'
import { openStorage } from './server/storage.ts'
import type { Storage } from './server/storage.ts'

type Toll = {
  database: Database['kind']
  kills: number
  /** Answers that were being written when the process was killed. */
  cut: number
  /** Tokens of the demo model that a client had received before a kill, and how many of those were gone afterwards. */
  shownTokens: number
  lostTokens: number
  /** Answers that did not end after the restart, and answers whose text on the client differs from the stored text. */
  unended: number
  different: number
  /** Details of each violation, for debugging. */
  problems: string[]
}

/**
 * Restarting an embedded database takes longer, because it runs inside the killed process. It gets only a fraction of
 * the kills.
 */
const EMBEDDED_FRACTION = 0.25
const ANSWERS = { postgres: 16, embedded: 8 }
/** At 60 tokens a second an answer takes about two seconds; the kill comes somewhere in them. */
const QUESTION = 'Write 80 words about the sea'
const LATEST_KILL_MS = 1_200
const TIMEOUT_MS = 30_000
/** An upper bound for the number of events of one answer. */
const MAX_EVENTS = 1000

/**
 * Kills servers with SIGKILL in the middle of answers, and compares what clients outside the process had received with
 * what the restarted server has stored.
 *
 * A token that was shown and then lost, or an answer that never ends, is a bug: the process then exits with status 1.
 */
export async function benchKill(options: Options): Promise<Toll[]> {
  const tolls: Toll[] = []
  for (const kind of options.databases) {
    tolls.push(await killServers(kind, options.kills))
  }
  const heading = [
    'database',
    'kills',
    'cut answers',
    'tokens shown',
    'shown but lost',
    'not ended',
    'different',
  ]
  const rows = tolls.map(({ problems: _, ...figures }) => Object.values(figures))
  console.log(`\n${formatTable(heading, rows)}\n`)
  const problems = tolls.flatMap((toll) => toll.problems)
  if (problems.length > 0) {
    console.error(`promises were broken:\n${problems.join('\n')}`)
    process.exitCode = 1
  }
  return tolls
}

async function killServers(database: Database['kind'], wanted: number): Promise<Toll> {
  const kills = database === 'embedded' ? Math.ceil(wanted * EMBEDDED_FRACTION) : wanted
  const toll: Toll = {
    database,
    kills,
    cut: 0,
    shownTokens: 0,
    lostTokens: 0,
    unended: 0,
    different: 0,
    problems: [],
  }
  await using opened = new AsyncDisposableStack()
  const storage = await openStorage(database, opened)
  const settings = { ...storage.settings, RUN_LEASE_SECONDS: '1' }
  let server = await startServer(settings)
  opened.defer(() => server[Symbol.asyncDispose]())
  for (let kill = 1; kill <= kills; kill += 1) {
    const clients = await beginAnswers(server, ANSWERS[database])
    await delay(Math.random() * LATEST_KILL_MS)
    await server.end('SIGKILL')
    const left = await readLeft(storage, clients)
    server = await startServer(settings)
    await Promise.all(clients.map((client) => audit(client, left, server, toll)))
    if (kill % 10 === 0) {
      console.error(`${database}: ${kill}/${kills} kills, ${toll.lostTokens} lost`)
    }
  }
  return toll
}

/** Asks one question in each of `count` sessions, and resolves when every answer has begun to stream. */
async function beginAnswers(server: ServerProcess, count: number): Promise<AnswerClient[]> {
  const clients = Array.from({ length: count }, () => new AnswerClient())
  await Promise.all(clients.map((client) => client.connect(server.url)))
  for (const client of clients) client.ask(QUESTION)
  if (!(await allOf(clients, (client) => client.shown !== '', TIMEOUT_MS))) {
    throw new Error(`an answer did not begin: ${clients.map(({ error }) => error).join()}`)
  }
  return clients
}

type Left = ReadonlyMap<AnswerClient, string>

/**
 * Reads the text of each answer that the killed process left in the log. This must happen before the restart: the next
 * server repeats the interrupted step and then compacts the log.
 */
async function readLeft(storage: Storage, clients: readonly AnswerClient[]): Promise<Left> {
  const database = await storage.openDatabase()
  try {
    const left = new Map<AnswerClient, string>()
    for (const client of clients) {
      const rows = await readEvents(database.db, client.sessionId, 0, MAX_EVENTS)
      const text = rows
        .map(({ data }) => LogEvent.parse(JSON.parse(data)))
        .filter(({ type }) => type === 'chunk')
        .reduce((said, { offset, text: more }) => said.slice(0, offset) + more, '')
      left.set(client, text)
    }
    return left
  } finally {
    await database.close()
  }
}

async function audit(
  client: AnswerClient,
  left: Left,
  server: ServerProcess,
  toll: Toll,
): Promise<void> {
  const { shown } = client
  const before = left.get(client) ?? ''
  const lost = countTokens(shown.slice(commonLength(shown, before)))
  toll.shownTokens += countTokens(shown)
  toll.lostTokens += lost
  if (client.outcome === null) {
    toll.cut += 1
    await client.connect(server.url)
  }
  const ended = await allOf([client], ({ outcome }) => outcome !== null, TIMEOUT_MS)
  const unended = !ended || client.outcome !== 'completed'
  // An answer that did not end may have nothing stored.
  const stored = unended ? null : await client.readStored(server.url)
  const different = stored !== null && client.shown !== stored
  if (unended) toll.unended += 1
  if (different) toll.different += 1
  if (lost > 0 || unended || different) {
    const log = (await client.readLog(server.url)).map(describeEvent).join(' ')
    toll.problems.push(
      `session ${client.sessionId}: shown ${shown.length}, left ${before.length}, then shown ${client.shown.length}, ` +
        `outcome ${client.outcome}, error ${client.error}; log: ${log}; server: ${server.output()}`,
    )
  }
  client.close()
}

function describeEvent({ type, attempt, offset, text }: LogEvent): string {
  if (type === 'chunk') return `${offset}+${text?.length}`
  return attempt === undefined ? type : `${type} ${attempt}`
}

function commonLength(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length += 1
  return length
}
