import { createMcpHandler } from '@modelcontextprotocol/server'
import type { FastifyInstance } from 'fastify'
import manifest from '../../../package.json' with { type: 'json' }
import { admitDoor } from '../request.ts'
import type { DoorOptions } from '../request.ts'
import { sessionTools } from './session-tools.ts'

/**
 * An MCP server over streamable HTTP at `/mcp`. It keeps no state between requests: clients resume by the session's id.
 */
export function mcpDoor(options: DoorOptions) {
  return async function plugin(app: FastifyInstance): Promise<void> {
    app.route({
      method: ['GET', 'POST', 'DELETE'],
      url: '/mcp',
      // The protocol has no HEAD.
      exposeHeadRoute: false,
      handler: async (request, reply) => {
        const door = await admitDoor(options, request, reply)
        let isAnswered = false
        const failures: Error[] = []
        const handler = createMcpHandler(() => sessionTools(door, options, manifest.version), {
          onerror: (error) => {
            if (isAnswered) options.report(error, { request: request.id })
            else failures.push(error)
          },
        })
        const headers = new Headers()
        for (const [name, value] of Object.entries(request.headers)) {
          if (value !== undefined && name !== 'content-length') headers.set(name, String(value))
        }
        const asked = new Request(new URL('/mcp', 'http://localhost'), {
          ...{ method: request.method, headers, signal: door.signal },
          ...(request.method === 'POST' && { body: JSON.stringify(request.body ?? null) }),
        })
        const answer = await handler.fetch(asked, { parsedBody: request.body })
        isAnswered = true
        // The library also reports requests that break the protocol as failures.
        if (answer.status >= 500) {
          for (const error of failures) options.report(error, { request: request.id })
        }
        return reply.send(answer)
      },
    })
  }
}
