import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { listenOnLoopback } from '../../../scripts/testing/loopback.ts'

type Event = { type: string; sequence_number: number } & Record<string, unknown>

/** An answer that the provider writes whether or not there is a connection. */
export class BackgroundAnswer {
  readonly id: string
  readonly request: Record<string, unknown>
  readonly #events: Event[] = []
  readonly #listeners = new Set<ServerResponse>()
  #text = ''
  cancelled = false
  /** The `starting_after` of each request that read the answer again. */
  readonly reopened: number[] = []

  constructor(id: string, request: Record<string, unknown>) {
    this.id = id
    this.request = request
    this.#emit('response.created', { response: this.#response('queued') })
    this.#emit('response.in_progress', { response: this.#response('in_progress') })
    this.#emit('response.output_item.added', {
      output_index: 0,
      item: { type: 'message', id: 'msg', role: 'assistant', status: 'in_progress', content: [] },
    })
  }

  say(...texts: string[]): void {
    for (const delta of texts) {
      this.#text += delta
      this.#emit('response.output_text.delta', {
        ...{ item_id: 'msg', output_index: 0, content_index: 0 },
        delta,
      })
    }
  }

  finish(): void {
    this.#emit('response.completed', { response: this.#response('completed') })
    this.cut()
  }

  cancel(): void {
    this.cancelled = true
    this.cut()
  }

  /** Drops every connection while the answer goes on. */
  cut(): void {
    for (const listener of this.#listeners) {
      listener.end()
    }
    this.#listeners.clear()
  }

  get listeners(): number {
    return this.#listeners.size
  }

  follow(outgoing: ServerResponse, after: number): void {
    outgoing.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const event of this.#events) {
      if (event.sequence_number > after) {
        outgoing.write(frame(event))
      }
    }
    if (this.#events.at(-1)?.type === 'response.completed') {
      outgoing.end()
      return
    }
    this.#listeners.add(outgoing)
    outgoing.on('close', () => this.#listeners.delete(outgoing))
  }

  #emit(type: string, more: object): void {
    const event = { type, sequence_number: this.#events.length, ...more }
    this.#events.push(event)
    for (const listener of this.#listeners) {
      listener.write(frame(event))
    }
  }

  #response(status: string): object {
    const content = [{ type: 'output_text', text: this.#text, annotations: [] }]
    return {
      ...{ id: this.id, object: 'response', status, background: true, model: 'scripted' },
      output: this.#text ? [{ type: 'message', id: 'msg', role: 'assistant', content }] : [],
      usage:
        status === 'completed' ? { input_tokens: 7, output_tokens: 5, total_tokens: 12 } : null,
    }
  }
}

function frame(event: Event): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
}

/** The part of the Responses API with answers in the background that this server uses. */
export async function startBackgroundProvider() {
  const answers: BackgroundAnswer[] = []
  const titles: unknown[] = []
  const waiting: ((answer: BackgroundAnswer) => void)[] = []
  let taken = 0
  const lost = new Set<string>()

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'http://127.0.0.1')
    const [id = '', action] = url.pathname.split('/').slice(3)
    const found = lost.has(id) ? undefined : answers.find((answer) => answer.id === id)
    if (url.pathname === '/v1/models') {
      return reply(outgoing, 200, { object: 'list', data: [{ id: 'scripted' }] })
    }
    if (incoming.method === 'POST' && id === '') {
      const request = (await json(incoming)) as Record<string, unknown>
      if (request.background !== true) {
        titles.push(request)
        return reply(outgoing, 500, { error: { message: 'no titles here' } })
      }
      const answer = new BackgroundAnswer(`resp_${answers.length}`, request)
      answers.push(answer)
      answer.follow(outgoing, -1)
      waiting.shift()?.(answer)
      return
    }
    if (!found) {
      return reply(outgoing, 404, { error: { message: `No response ${id}` } })
    }
    if (action === 'cancel') {
      found.cancel()
      return reply(outgoing, 200, { id, object: 'response', status: 'cancelled' })
    }
    const after = Number(url.searchParams.get('starting_after') ?? -1)
    found.reopened.push(after)
    found.follow(outgoing, after)
  }

  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch((error: unknown) =>
      outgoing.destroy(new Error('the provider failed', { cause: error })),
    )
  })
  const { port } = await listenOnLoopback(server)
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    answers,
    /** The next requested answer that no test has taken yet. */
    async next(): Promise<BackgroundAnswer> {
      const answer =
        answers[taken] ?? (await new Promise<BackgroundAnswer>((resolve) => waiting.push(resolve)))
      taken += 1
      return answer
    },
    /** Removes an answer, so that requests for it fail. */
    lose: (answer: BackgroundAnswer) => void lost.add(answer.id),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

function reply(outgoing: ServerResponse, status: number, body: unknown): void {
  outgoing.writeHead(status, { 'content-type': 'application/json' })
  outgoing.end(JSON.stringify(body))
}
