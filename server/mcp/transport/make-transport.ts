import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { AuthProvider, Transport } from '@modelcontextprotocol/client'
import type { Logger } from 'pino'
import type { McpServerConfig } from '../config.ts'
import { MessageTooLongError } from './receive-limit.ts'
import { pacedFetch } from './paced-fetch.ts'
import { StdioTransport } from './stdio-transport.ts'

/** The transport that the server's configuration asks for. */
export function makeTransport(
  config: McpServerConfig,
  logger: Logger,
  onMessageTooLong: (error: Error) => void,
  authProvider?: AuthProvider,
): Transport {
  if (config.kind === 'http') {
    return new StreamableHTTPClientTransport(new URL(config.url), {
      requestInit: { headers: config.headers },
      fetch: pacedFetch(onMessageTooLong),
      ...(authProvider && { authProvider }),
    })
  }
  const { command, args, env, cwd } = config
  const transport = new StdioTransport({
    command,
    args,
    env,
    cwd,
    onStderr: (text) => logger.debug({ server: config.name, text: text.slice(0, 2000) }, 'MCP'),
  })
  // The client library adds its own handler to this one.
  transport.onerror = (error) => {
    if (error instanceof MessageTooLongError) onMessageTooLong(error)
  }
  return transport
}
