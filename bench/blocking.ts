import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '../db/engine/database.ts'
import { formatTable } from './measure/table.ts'
import type { Options } from './options.ts'
import { AnswerClient } from './server/answer-client.ts'
import { startServer } from './server/started-server.ts'
import { openStorage } from './server/storage.ts'

/** The effect that one person's large job has on other users of the same server. Times are in milliseconds. */
type Disturbance = {
  database: Database['kind']
  work: string
  workSeconds: number
  livezP99: number
  livezHighest: number
  /** The longest gap between two tokens of an answer that is streaming. */
  silence: number
}

const IMPORT_CHARACTERS = 10_000_000
const EXPORTED_MESSAGES = 20_000
const LIVEZ_INTERVAL_MS = 10
const TEXT = 'lorem ipsum dolor sit amet '.repeat(18)
/** The answer must outlast the measurement. */
const QUESTION = 'Write 20000 words about waiting'

/** Measures `/livez` and a streaming answer while another client imports, exports and searches. */
export async function benchBlocking(options: Options): Promise<Disturbance[]> {
  const figures: Disturbance[] = []
  for (const database of options.databases) {
    await using opened = new AsyncDisposableStack()
    const { settings } = await openStorage(database, opened)
    await using server = await startServer(settings)
    const { url } = server
    // Encoded beforehand and discarded as it comes: this thread measures, and must not wait for itself.
    const many = importBody(conversations())
    const long = importBody([conversation(0, EXPORTED_MESSAGES)])
    let exported = ''
    const works: [string, () => Promise<unknown>][] = [
      ['nothing, for 3 s', () => delay(3_000)],
      ['import of 10 MB', () => importFile(url, many)],
      ['import of 20,000 messages in one', async () => (exported = await importFile(url, long))],
      [
        'export of 20,000 messages',
        () => drain(`${url}/api/session/${exported}/export?format=json`),
      ],
      ['20 searches', () => searches(url)],
    ]
    const reader = new AnswerClient()
    await reader.connect(url)
    reader.ask(QUESTION)
    while (reader.shown === '') await delay(10)
    for (const [work, run] of works) {
      figures.push({ database, work, ...(await disturb(url, reader, run)) })
    }
    reader.close()
  }
  const heading = ['database', 'work', 'it takes s', '/livez p99', 'highest', 'longest silence']
  console.log(
    `\n${formatTable(
      heading,
      figures.map((row) => Object.values(row)),
    )}\n`,
  )
  return figures
}

async function disturb(url: string, reader: AnswerClient, work: () => Promise<unknown>) {
  const waits: number[] = []
  let silence = 0
  let shown = reader.shown.length
  let since = performance.now()
  const watching = setInterval(() => {
    const now = performance.now()
    if (reader.shown.length !== shown) since = now
    shown = reader.shown.length
    silence = Math.max(silence, now - since)
  }, 5)
  let going = true
  const asking = (async () => {
    while (going) {
      const began = performance.now()
      await read(`${url}/livez`)
      waits.push(performance.now() - began)
      await delay(LIVEZ_INTERVAL_MS)
    }
  })()
  const began = performance.now()
  await work()
  const workSeconds = (performance.now() - began) / 1000
  going = false
  await asking
  clearInterval(watching)
  const sorted = waits.toSorted((one, other) => one - other)
  return {
    workSeconds,
    livezP99: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
    livezHighest: sorted.at(-1) ?? 0,
    silence,
  }
}

async function read(url: string, init?: RequestInit): Promise<string> {
  const response = await fetch(url, init)
  const text = await response.text()
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text.slice(0, 200)}`)
  return text
}

async function drain(url: string): Promise<void> {
  const { ok, status, body } = await fetch(url)
  if (!ok || !body) {
    throw new Error(`${url}: ${status}`)
  }
  await body.pipeTo(new WritableStream())
}

function importBody(data: unknown[]): Buffer<ArrayBuffer> {
  return Buffer.from(JSON.stringify({ data }))
}

/** @returns the id of the first session */
async function importFile(url: string, body: Buffer<ArrayBuffer>): Promise<string> {
  const answer = await read(`${url}/api/session/import`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  return /"id":"([^"]+)"/.exec(answer)?.[1] ?? ''
}

async function searches(url: string): Promise<void> {
  for (let index = 0; index < 20; index += 1) {
    const input = JSON.stringify({ query: index % 2 ? 'lorem dolor' : `message ${index}` })
    await read(`${url}/trpc/sessions.search?input=${encodeURIComponent(input)}`)
  }
}

function conversations(): unknown[] {
  const { length } = JSON.stringify(conversation(0, 20))
  return Array.from({ length: Math.floor(IMPORT_CHARACTERS / length) }, (_, index) =>
    conversation(index, 20),
  )
}

/** A conversation in the format of a ChatGPT export. */
function conversation(index: number, messages: number) {
  const nodes = Array.from({ length: messages }, (_, at) => [
    `n${at}`,
    {
      message: {
        author: { role: at % 2 ? 'assistant' : 'user' },
        create_time: 1_750_000_000 + at,
        content: { content_type: 'text', parts: [`conversation ${index} message ${at} ${TEXT}`] },
      },
      parent: at ? `n${at - 1}` : null,
      children: at < messages - 1 ? [`n${at + 1}`] : [],
    },
  ])
  return {
    title: `Conversation ${index}`,
    create_time: 1_750_000_000,
    mapping: Object.fromEntries(nodes),
    current_node: `n${messages - 1}`,
  }
}
