import { fileURLToPath } from 'node:url'
import { type ServerProcess, startServer } from '../../scripts/testing/server-process.ts'
import { type Client, connect } from '../../shared/client/index.ts'

/** A server process and an SDK client that talks to it. */
export type Node = AsyncDisposable & { server: ServerProcess; client: Client }

/** Of every test here; the contract's promises are in terms of it. Seconds. */
export const LEASE = 2

const toolServer = fileURLToPath(new URL('tool-server.ts', import.meta.url))

/** @param env `COUNTER_URL` brings the tools that are counted there */
export async function startNode(env: Record<string, string>): Promise<Node> {
  const settings = { RUN_LEASE_SECONDS: String(LEASE), LLM_MAX_TOKENS: '20000', ...env }
  const server = await startServer(settings, 'COUNTER_URL' in env ? toolServer : undefined)
  const client = connect({ url: server.url })
  return {
    server,
    client,
    [Symbol.asyncDispose]: async () => {
      await client.close()
      await server.end('SIGKILL')
    },
  }
}

/**
 * Makes a session and asks in it, on a node of one's choice.
 *
 * @param title one of its own, so that no model is asked for it beside the answer; null lets it be asked
 */
export async function ask(
  { client }: Pick<Node, 'client'>,
  text: string,
  title: string | null = 'Asked',
): Promise<string> {
  const { id } = await client.api.sessions.create.mutate(title === null ? {} : { title })
  await client.session(id).send(text)
  return id
}
