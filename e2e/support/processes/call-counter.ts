import { once } from 'node:events'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { z } from 'zod'

const Start = z.object({ tool: z.string(), key: z.string(), callId: z.string() })
export type Start = z.infer<typeof Start>

/** A server outside of the nodes that records every tool call. */
export type CallCounter = AsyncDisposable & {
  readonly url: string
  readonly starts: readonly Start[]
  /** Called for each start when it arrives. */
  onStart: (start: Start) => void
  /** Leaves all requests without an answer, as if the work took long. */
  hold(): void
  /** Answers all waiting requests, and further ones at once. */
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
