import { once } from 'node:events'
import { type ServerResponse, createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { z } from 'zod'

const Start = z.object({ tool: z.string(), key: z.string(), callId: z.string() })
export type Start = z.infer<typeof Start>

/** The world outside, which remembers every call that reached it. */
export type CallCounter = AsyncDisposable & {
  readonly url: string
  readonly starts: readonly Start[]
  /** Called with each start as it comes. */
  onStart: (start: Start) => void
  /** Answers nobody any more, as if all of it took long. */
  hold(): void
  /** Answers those who wait, and everybody from here on. */
  release(): void
}

export async function startCallCounter(): Promise<CallCounter> {
  const starts: Start[] = []
  const waiting = new Set<ServerResponse>()
  let held = false
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const start = Start.parse(JSON.parse(body))
      starts.push(start)
      counter.onStart(start)
      if (held) waiting.add(response)
      else response.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const counter: CallCounter = {
    url: `http://127.0.0.1:${port}`,
    starts,
    onStart: () => undefined,
    hold() {
      held = true
    },
    release() {
      held = false
      for (const response of waiting) response.end()
      waiting.clear()
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return counter
}
