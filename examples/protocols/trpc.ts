// Asks with tRPC's own client and prints the answer as it comes: node trpc.ts [URL] [QUESTION]
import process from 'node:process'
import { createTRPCClient, createWSClient, httpBatchLink, splitLink, wsLink } from '@trpc/client'
import type { AppRouter } from 'throughline/client'

const [url = 'http://127.0.0.1:8001', question = 'Who am I?'] = process.argv.slice(2)

const socket = createWSClient({
  url: `${url.replace(/^http/, 'ws')}/trpc`,
  // The server pings as well; this one tells the client that the server is gone.
  keepAlive: { enabled: true, intervalMs: 15_000, pongTimeoutMs: 15_000 },
})
const api = createTRPCClient<AppRouter>({
  links: [
    splitLink({
      condition: ({ type }) => type === 'subscription',
      true: wsLink({ client: socket }),
      // Not more than the server takes in one batch.
      false: httpBatchLink({ url: `${url}/trpc`, maxItems: 20 }),
    }),
  ],
})

const { id } = await api.sessions.create.mutate({})
await api.messages.send.mutate({ sessionId: id, text: question })
const outcome = await new Promise<string>((resolve, reject) => {
  // The events carry their seq as the id of `tracked`, so the client resumes by itself after a drop.
  const watch = api.sessions.watch.subscribe(
    { id, lastEventId: '0' },
    {
      onData: ({ data: event }) => {
        if (event.type === 'chunk') process.stdout.write(event.text)
        // The type of `output` follows from the name of the tool.
        if (
          event.type === 'tool' &&
          event.call.name === 'fetch_user_profile' &&
          event.call.output
        ) {
          process.stdout.write(`[${event.call.output.name}] `)
        }
        if (event.type !== 'end') return
        watch.unsubscribe()
        resolve(event.outcome)
      },
      onError: reject,
    },
  )
})
console.log()
await socket.close()
if (outcome !== 'completed') throw new Error(`The answer ended as ${outcome}.`)
