import { connect } from '../index.ts'
import type { Client } from '../index.ts'
import { until } from './reader.ts'
import { ScriptedServer } from './server.ts'

/** A scripted server, and clients of it that are closed with it, the oldest first. */
export async function startScriptedClients() {
  const server = await ScriptedServer.start()
  const clients: Client[] = []
  return {
    server,
    open(options: Parameters<typeof connect>[0] = {}): Client {
      const client = connect({ url: server.url, ...options })
      clients.push(client)
      return client
    },
    sentTexts: (): string[] => server.script.sends.map(({ text }) => text),
    loggedIds: (): string[] =>
      (server.session.views.at(-1)?.event.messages ?? []).map(({ id }) => id),
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

export const connected = (client: Client): Promise<unknown> =>
  until(client.connection, ({ status }) => status === 'connected')
export const disconnected = (client: Client): Promise<unknown> =>
  until(client.connection, ({ status }) => status === 'reconnecting')
