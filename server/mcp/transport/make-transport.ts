import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { Transport } from '@modelcontextprotocol/client'
import type { Logger } from 'pino'
import type { McpServerConfig } from '../config.ts'
import { MessageTooLongError } from './receive-limit.ts'
import { pacedFetch } from './paced-fetch.ts'
import { StdioTransport } from './stdio-transport.ts'

/** The tokens by which a person's requests are made. */
export type Tokens = {
  /** For the next request. */
  next(): Promise<string>
  /** Reports a token that the server rejected, in case a newer one is valid by now. */
  refused(token: string): Promise<void>
}

/** The transport that the server's configuration asks for. */
export function makeTransport(
  config: McpServerConfig,
  logger: Logger,
  onMessageTooLong: (error: Error) => void,
  tokens?: Tokens,
): Transport {
  if (config.kind === 'http') {
    const paced = pacedFetch(onMessageTooLong)
    // The client library does not say which token a response refuses, and several requests are under way at once.
    const refused = new WeakMap<Response, string>()
    const fetchAs: typeof fetch = async (input, init) => {
      const response = await paced(input, init)
      const token = new Headers(init?.headers).get('authorization')?.replace(/^Bearer /i, '')
      if (response.status === 401 && token) refused.set(response, token)
      return response
    }
    return new StreamableHTTPClientTransport(new URL(config.url), {
      requestInit: { headers: config.headers },
      fetch: tokens ? fetchAs : paced,
      ...(tokens && {
        authProvider: {
          token: () => tokens.next(),
          onUnauthorized: async ({ response }) => {
            const token = refused.get(response)
            if (token !== undefined) await tokens.refused(token)
          },
        },
      }),
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
