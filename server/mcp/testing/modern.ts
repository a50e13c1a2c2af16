import {
  acceptedContent,
  createMcpHandler,
  fromJsonSchema,
  inputRequired,
  McpServer,
} from '@modelcontextprotocol/server'
import { z } from 'zod'

const seat = z.object({ seat: z.string() })
/** An argument that is to come as a header too. */
const place = { type: 'string' as const, 'x-mcp-header': 'Place' }

/** A server of the protocol's own SDK that speaks the revision of 2026-07-28. */
export function modernServer(note: (what: string) => void = () => undefined): McpServer {
  const server = new McpServer(
    { name: 'modern', version: '1' },
    { capabilities: { tools: { listChanged: true } } },
  )
  const reads = { readOnlyHint: true }
  const said = (text: string) => ({ content: [{ type: 'text' as const, text }] })
  server.registerTool(
    'echo',
    {
      annotations: reads,
      inputSchema: fromJsonSchema<{ place: string }>({
        type: 'object',
        properties: { place },
        required: ['place'],
      }),
    },
    ({ place }) => (note(`echo ${place}`), said(place)),
  )
  server.registerTool('book', { inputSchema: z.object({}) }, (_input, { mcpReq }) => {
    const seats = [1, 2].map((at) => acceptedContent(mcpReq.inputResponses, `seat${at}`))
    note(`book ${JSON.stringify(seats)} ${mcpReq.requestState<string>() ?? ''}`)
    if (seats.every((one) => one !== undefined)) return said(JSON.stringify(seats))
    const ask = (message: string) => inputRequired.elicit({ message, requestedSchema: seat })
    return inputRequired({
      inputRequests: { seat1: ask('The first seat?'), seat2: ask('The second?') },
      requestState: 'as it was',
    })
  })
  server.registerTool('sample', { inputSchema: z.object({}) }, () =>
    inputRequired({
      inputRequests: {
        say: inputRequired.createMessage({
          messages: [{ role: 'user', content: { type: 'text', text: 'Hi' } }],
          maxTokens: 5,
        }),
      },
    }),
  )
  return server
}

/** The same over HTTP, and what its requests had as headers. */
export function modernHandler(note: (what: string) => void) {
  return createMcpHandler(() => modernServer(note), { legacy: 'reject' })
}
