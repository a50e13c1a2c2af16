import { WebSocket } from 'ws'

/** A connection that stays open. `ended` is its close code, or `cut`; null while it is open. */
export type OpenConnection = { readonly ended: number | 'cut' | null; close(): void }

/** The kinds of connections that a token opens. */
export const connections: Record<
  string,
  (url: string, token: string, sessionId: string) => Promise<OpenConnection>
> = {
  'tRPC’s socket': async (url, token) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/trpc?connectionParams=1`)
    const kept = keep(socket)
    await new Promise((resolve) => socket.once('open', resolve))
    socket.send(JSON.stringify({ method: 'connectionParams', data: { token } }))
    socket.send(JSON.stringify({ id: 1, method: 'query', params: { path: 'me' } }))
    await new Promise((resolve) => socket.once('message', resolve))
    return kept
  },
  'a plain socket': async (url, token, sessionId) => {
    const socket = new WebSocket(
      `${url.replace('http', 'ws')}/ws/session/${sessionId}?token=${token}`,
    )
    const kept = keep(socket)
    await new Promise((resolve) => socket.once('message', resolve))
    return kept
  },
  'server-sent events': (url, token, sessionId) => {
    const input = encodeURIComponent(JSON.stringify({ id: sessionId }))
    return openStream(`${url}/trpc/sessions.watch?input=${input}`, token)
  },
}

/** Server-sent events from an address, read from the first byte on. */
export async function openStream(address: string, token: string): Promise<OpenConnection> {
  const left = new AbortController()
  const response = await fetch(address, {
    headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
    signal: left.signal,
  })
  const kept: { ended: OpenConnection['ended']; close(): void } = {
    ended: null,
    close: () => left.abort(),
  }
  const reader = response.body?.getReader()
  await reader?.read()
  const readOn = async (): Promise<void> => {
    while (!(await reader?.read())?.done);
  }
  void readOn()
    .catch(() => undefined)
    .then(() => {
      kept.ended = 'cut'
    })
  return kept
}

function keep(socket: WebSocket): OpenConnection {
  const kept: { ended: OpenConnection['ended']; close(): void } = {
    ended: null,
    close: () => socket.terminate(),
  }
  socket.once('close', (code) => {
    kept.ended = code
  })
  return kept
}
