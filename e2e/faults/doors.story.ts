import { beforeAll, describe, expect, test } from 'vitest'
import { startServer, temporaryFolder } from '../../scripts/testing/server-process.ts'
import { nodeClient, pythonClient } from '../support/processes/openai-clients.ts'
import type {
  Response,
  ResponseEvent,
  ResponsesClient,
} from '../support/processes/openai-clients.ts'

let python: ResponsesClient | string = 'not looked for'
beforeAll(async () => {
  python = await pythonClient()
  if (typeof python === 'string') console.log(`Left out: ${python}`)
})

const clients: Record<string, () => ResponsesClient | string> = {
  'for Node': () => nodeClient,
  'for Python': () => python,
}

/** OpenAI's own clients, unchanged, against the real server in a process of its own. */
describe.each(Object.entries(clients))('OpenAI’s client %s', (_name, find) => {
  test('reads on by starting_after when the server was killed, and has every event once (P2, P6, P17)', async (context) => {
    const client = find()
    if (typeof client === 'string') return context.skip(client)
    await using folder = await temporaryFolder()
    const env = { DATA_DIR: folder.path }
    const seen: ResponseEvent[] = []
    await using killed = await startServer(env)
    for await (const event of client.create(killed.url, 'Write 150 words about rivers')) {
      seen.push(event)
      // It reads what is on its way before it meets the cut.
      if (seen.length === 40) void killed.end('SIGKILL')
    }
    await killed.end('SIGKILL')
    const id = seen[0]?.response?.id ?? ''
    const cutAt = seen.length
    expect(seen.at(-1)?.type).not.toBe('response.completed')

    await using restarted = await startServer({ ...env, SERVER_PORT: String(killed.port) })
    const after = seen.at(-1)?.sequence_number ?? -1
    for await (const event of client.resume(restarted.url, id, after)) seen.push(event)
    expect(seen.length).toBeGreaterThan(cutAt)
    expect(seen.map(({ sequence_number: number }) => number)).toEqual(seen.map((_, at) => at))
    expect(seen.at(-1)?.type).toBe('response.completed')
    const whole = await client.retrieve(restarted.url, id)
    expect(whole.status).toBe('completed')
    expect(foldedTexts(seen, whole)).toEqual(textsOf(whole))
    expect(textsOf(whole).join('').split(/\s+/).length).toBeGreaterThan(100)

    // Another reader, who comes late, reads the same from its beginning.
    const again = await Array.fromAsync(client.resume(restarted.url, id, 0))
    expect(again).toEqual(seen.slice(1))
  })

  test('cancels an answer in the background, for every reader of it', async (context) => {
    const client = find()
    if (typeof client === 'string') return context.skip(client)
    await using folder = await temporaryFolder()
    await using server = await startServer({ DATA_DIR: folder.path })
    const seen: ResponseEvent[] = []
    let cancelling: Promise<Response> | null = null
    for await (const event of client.create(server.url, 'Write 3000 words about rivers')) {
      seen.push(event)
      if (seen.length === 10) {
        cancelling = client.cancel(server.url, seen[0]?.response?.id ?? '')
        cancelling.catch(() => undefined)
      }
    }
    const cancelled = await cancelling
    expect(cancelled?.status).toBe('cancelled')
    expect(seen.at(-1)).toMatchObject({ type: 'response.incomplete' })
    const kept = await client.retrieve(server.url, cancelled?.id ?? '')
    expect(kept.status).toBe('cancelled')
    expect(textsOf(kept)).toEqual(foldedTexts(seen, kept))
  })
})

function textsOf({ output }: Response): string[] {
  return output.flatMap(({ type, content }) =>
    type === 'message' ? [content?.map(({ text }) => text ?? '').join('') ?? ''] : [],
  )
}

/** The same text, assembled from the streamed pieces. */
function foldedTexts(events: readonly ResponseEvent[], { output }: Response): string[] {
  const texts = new Map<string, string>()
  for (const { type, delta, item_id: id } of events) {
    if (type !== 'response.output_text.delta' || id === undefined) continue
    texts.set(id, (texts.get(id) ?? '') + delta)
  }
  return output.flatMap(({ id, type }) => (type === 'message' ? [texts.get(id) ?? ''] : []))
}
