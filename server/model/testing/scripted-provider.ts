import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { parseJson } from '../json.ts'
import { requestProblems } from './strict-requests.ts'
import { listenOnLoopback } from '../../../scripts/testing/loopback.ts'

/** The provider's reply to one request. */
export type ScriptedReply = {
  status?: number
  headers?: Record<string, string>
  /** Written in this order: text or bytes, a delay in milliseconds, or a promise to wait for. */
  body?: (string | Uint8Array | { delay: number } | { until: Promise<unknown> })[]
  /** `end` closes normally, `cut` drops the connection, `hold` sends nothing more and leaves it open. */
  ending?: 'end' | 'cut' | 'hold'
  /** `false`: not even headers are sent. */
  answers?: boolean
}

export type ScriptedRequest = {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: unknown
  /** True when the client closed the connection before the reply was complete. */
  aborted: boolean
  /** Resolves when the reply is complete or the client has closed the connection. */
  over: Promise<void>
}

export type ScriptedProvider = AsyncDisposable & {
  /** For `createModelPort`: with `/v1`. */
  baseUrl: string
  requests: ScriptedRequest[]
  close(): Promise<void>
}

/**
 * A provider on loopback that replies by a script, however bad the replies are. When it is closed it throws if the
 * strictest provider would have refused one of the requests.
 *
 * @param script the replies in the order of the requests, the last one for all further ones; or a function of the
 *   request and its number, from 0
 * @param isStrict false accepts any request
 */
export async function startScriptedProvider(
  script: ScriptedReply[] | ((request: ScriptedRequest, number: number) => ScriptedReply),
  { isStrict = true }: { isStrict?: boolean } = {},
): Promise<ScriptedProvider> {
  const requests: ScriptedRequest[] = []
  const problems: string[] = []
  const server = createServer((incoming, outgoing) => {
    void serve(incoming, outgoing).catch((error: unknown) =>
      outgoing.destroy(new Error('the script failed', { cause: error })),
    )
  })

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    let text = ''
    for await (const piece of incoming.setEncoding('utf8')) text += piece
    const over = Promise.withResolvers<void>()
    const gone = new AbortController()
    const request: ScriptedRequest = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: parseJson(text) ?? text,
      aborted: false,
      over: over.promise,
    }
    outgoing.on('close', () => {
      request.aborted = !outgoing.writableFinished && !cut
      gone.abort()
      over.resolve()
    })
    let cut = false
    if (request.method === 'POST' && isStrict) problems.push(...requestProblems(request.body))
    const number = requests.push(request) - 1
    const reply = Array.isArray(script)
      ? script[Math.min(number, script.length - 1)]
      : script(request, number)
    if (!reply || reply.answers === false) return
    outgoing.writeHead(reply.status ?? 200, {
      'content-type': 'text/event-stream',
      ...reply.headers,
    })
    outgoing.flushHeaders()
    for (const piece of reply.body ?? []) {
      if (gone.signal.aborted) return
      if (typeof piece === 'string' || piece instanceof Uint8Array) {
        await new Promise((written) => outgoing.write(piece, written))
      } else if ('delay' in piece) {
        await wait(piece.delay, undefined, { signal: gone.signal }).catch(() => undefined)
      } else {
        await Promise.race([piece.until, over.promise])
      }
    }
    if (reply.ending === 'cut') {
      cut = true
      outgoing.destroy()
    } else if (reply.ending !== 'hold') {
      outgoing.end()
    }
  }

  const { url } = await listenOnLoopback(server)
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
    const [problem] = problems
    if (problem) throw new Error(`a strict provider refuses what was sent: ${problem}`)
  }
  return { baseUrl: `${url}/v1`, requests, close, [Symbol.asyncDispose]: close }
}

/** Server-sent events, one for each value. */
export function sse(...values: unknown[]): string {
  return values.map((value) => `data: ${JSON.stringify(value)}\n\n`).join('')
}

export const DONE = 'data: [DONE]\n\n'

/** A chunk of Chat Completions. */
export function chatChunk(delta: object, finish: string | null = null, more: object = {}): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 0,
    model: 'scripted',
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...more,
  }
}

/** A complete streamed answer of Chat Completions that is only text. */
export function chatAnswer(...texts: string[]): string {
  return sse(...texts.map((content) => chatChunk({ content })), chatChunk({}, 'stop')) + DONE
}
