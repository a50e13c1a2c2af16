import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { UserId } from '../../../shared/contract/ids.ts'
import type { McpServers } from '../servers.ts'

type Options = {
  /** Null where there are no MCP servers. */
  servers: McpServers | null
  /** The person of the request, who must have write access; null when nobody is signed in. */
  userOf(request: FastifyRequest, reply: FastifyReply): Promise<UserId | null>
  basePath: string
  report(error: unknown): void
}

/** The routes by which a person's browser begins a sign-in at an MCP server, and comes back from it. */
export function mcpSignInRoutes({ servers, userOf, basePath, report }: Options) {
  return async function plugin(app: FastifyInstance): Promise<void> {
    if (!servers) return
    const back = (reply: FastifyReply, outcome: Record<string, string>) =>
      reply.redirect(`${basePath}/settings?${new URLSearchParams(outcome)}#mcp`, 303)
    const refuse = (reply: FastifyReply) =>
      reply.code(401).send({ code: 'UNAUTHORIZED', message: 'Sign in first.' })

    app.get<{ Params: { server: string } }>('/api/mcp/sign-in/:server', async (request, reply) => {
      const userId = await userOf(request, reply)
      if (!userId) return refuse(reply)
      const { server } = request.params
      try {
        const address = await servers.beginSignIn(userId, server)
        if (!address) {
          const message = 'There is no such MCP server to sign in to.'
          return await reply.code(404).send({ code: 'NOT_FOUND', message })
        }
        return await reply.header('referrer-policy', 'no-referrer').redirect(address.href, 303)
      } catch (error) {
        report(
          new Error(`a sign-in at the MCP server "${server}" could not begin`, { cause: error }),
        )
        return back(reply, { server, problem: 'The authorization server cannot be used.' })
      }
    })

    app.get('/api/mcp/callback', async (request, reply) => {
      const userId = await userOf(request, reply)
      if (!userId) return refuse(reply)
      const query = new URL(request.url, 'http://localhost').searchParams
      const ended = await servers.endSignIn(userId, query)
      if (!ended) {
        return back(reply, { problem: 'This sign-in is over, or was begun by somebody else.' })
      }
      const { server, problem } = ended
      return back(reply, problem === null ? { server } : { server, problem })
    })
  }
}
