import { WebSocket } from 'ws'
import { z } from 'zod'
import type { Declaration } from '../../../shared/contract/api/declare.ts'
import { routeOf } from '../../http/rest/procedures.ts'

/** The outcome of a call: the code of its error, or its result as text. */
export type Outcome = { code: string } | { text: string }

/** Calls a declared procedure over one of the server's interfaces, as the person of the token. */
export type Surface = (
  url: string,
  declaration: Declaration,
  input: unknown,
  token: string | null,
) => Promise<Outcome>

const TrpcError = z.object({ error: z.object({ data: z.object({ code: z.string() }) }) })
const RestError = z.object({ code: z.string(), message: z.string() })

/** Subscriptions that yield nothing until something changes. */
export const SILENT = new Set(['sessions.changes', 'tools.changes'])

/** Queries and mutations by REST; null for a subscription, which REST does not have. */
export const rest: Surface = async (url, declaration, input, token) => {
  if (declaration.kind === 'subscription') return { code: 'NONE' }
  const { method, path } = routeOf(declaration)
  const fields = new Map(Object.entries(input ?? {}))
  const filled = path.replaceAll(/\{(.+?)\}/g, (_, name: string) => {
    const value = String(fields.get(name))
    fields.delete(name)
    return encodeURIComponent(value)
  })
  const left = Object.fromEntries(fields)
  const inAddress = method === 'GET' || method === 'DELETE'
  const query = inAddress ? `?${new URLSearchParams(left)}` : ''
  const response = await fetch(`${url}/api${filled}${query}`, {
    method,
    headers: { ...headersOf(token), ...(!inAddress && { 'content-type': 'application/json' }) },
    ...(!inAddress && { body: JSON.stringify(left) }),
  })
  const text = await response.text()
  return response.ok ? { text } : { code: RestError.parse(JSON.parse(text)).code }
}

/** Everything by tRPC over HTTP; of a subscription only the first event is read. */
export const trpcHttp: Surface = async (url, { name, kind }, input, token) => {
  const query =
    kind === 'mutation' || input === undefined
      ? ''
      : `?input=${encodeURIComponent(JSON.stringify(input))}`
  const left = new AbortController()
  const response = await fetch(`${url}/trpc/${name}${query}`, {
    method: kind === 'mutation' ? 'POST' : 'GET',
    signal: left.signal,
    headers: {
      ...headersOf(token),
      ...(kind === 'mutation' && { 'content-type': 'application/json' }),
      ...(kind === 'subscription' && { accept: 'text/event-stream' }),
    },
    ...(kind === 'mutation' && { body: JSON.stringify(input ?? {}) }),
  })
  if (kind === 'subscription' && response.ok) {
    const text = await firstEvent(response)
    left.abort()
    const code = /"code":"([A-Z_]+)"/.exec(text)?.[1]
    return code === undefined ? { text } : { code }
  }
  return fromTrpc(await response.text())
}

/** Everything by tRPC over a WebSocket of its own. */
export const trpcSocket: Surface = (url, { name, kind }, input, token) =>
  new Promise((resolve, reject) => {
    const params = token === null ? '' : '?connectionParams=1'
    const socket = new WebSocket(`${url.replace('http', 'ws')}/trpc${params}`)
    socket.once('open', () => {
      if (token !== null) {
        socket.send(JSON.stringify({ method: 'connectionParams', data: { token } }))
      }
      socket.send(JSON.stringify({ id: 1, method: kind, params: { path: name, input } }))
    })
    socket.on('message', (data) => {
      if (!Buffer.isBuffer(data)) return
      if (!SILENT.has(name) && data.includes('"type":"started"')) return
      resolve(fromTrpc(data.toString()))
      socket.close()
    })
    socket.once('close', (code) => resolve({ code: code === 4401 ? 'UNAUTHORIZED' : `${code}` }))
    socket.once('error', reject)
  })

function headersOf(token: string | null): Record<string, string> {
  return token === null ? {} : { authorization: `Bearer ${token}` }
}

function fromTrpc(text: string): Outcome {
  const error = TrpcError.safeParse(JSON.parse(text))
  return error.success ? { code: error.data.error.data.code } : { text }
}

async function firstEvent(response: Response): Promise<string> {
  let text = ''
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const read = await reader?.read()
    if (!read || read.done) return text
    text += read.value
    const events = text.split('\n\n').slice(0, -1)
    const found = events.find((event) => !/^event: (connected|ping)|^$/.test(event.trim()))
    if (found !== undefined) return found
  }
}
