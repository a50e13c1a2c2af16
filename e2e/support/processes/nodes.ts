import { fileURLToPath } from 'node:url'
import { startServer } from '../../../scripts/testing/server-process.ts'
import type { ServerProcess } from '../../../scripts/testing/server-process.ts'
import { connect } from '../../../shared/client/index.ts'
import type { Client } from '../../../shared/client/index.ts'

/** A server process and an SDK client that talks to it. */
export type Node = AsyncDisposable & { server: ServerProcess; client: Client }

/** Seconds. Time limits in the contract are relative to the lease. */
export const LEASE = 2

const toolServer = fileURLToPath(new URL('tool-server.ts', import.meta.url))

/** @param env with `COUNTER_URL`, the node has the counted tools */
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
 * Creates a session and sends a message in it, on the given node.
 * @param title a given title avoids the model call for one; null allows it
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
