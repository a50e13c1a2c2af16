import { z } from 'zod'
import type { McpPrompt } from '../../shared/contract/api/mcp.ts'
import { ForgottenError } from './calls/call-error.ts'
import type { McpConnection } from './connection/connection.ts'
import { cleanText } from './protocol/clean-text.ts'

/** The most prompts that are shown of one server, and the longest text of one. UTF-16 units. */
const MAX_PROMPTS = 100
const MAX_TEXT = 100_000
const MAX_LABEL = 500
/** The longest that a server may take. Milliseconds. */
const TIMEOUT_MS = 10_000

const Label = z.string().optional().catch(undefined)
const Argument = z.object({
  name: z.string().min(1).max(100),
  title: Label,
  description: Label,
  required: z.boolean().optional().catch(undefined),
})
const Listed = z.object({
  name: z.string().min(1).max(200),
  title: Label,
  description: Label,
  arguments: z.array(Argument).max(50).optional().catch(undefined),
})
const Page = z.object({ prompts: z.array(z.unknown()).default([]) })
const Got = z.object({ messages: z.array(z.unknown()).default([]) })
const Said = z.object({
  content: z.union([
    z.object({ type: z.literal('text'), text: z.string() }),
    z.object({ type: z.literal('resource'), resource: z.object({ text: z.string() }) }),
  ]),
})

type Reader = Pick<McpConnection, 'read' | 'hasPrompts'>

/** The prompts of a server; none when it does not support them. */
export async function listPrompts(server: string, connection: Reader): Promise<McpPrompt[]> {
  if (!connection.hasPrompts) return []
  const request = { method: 'prompts/list', params: {} }
  const { prompts } = Page.parse(await connection.read(request, AbortSignal.timeout(TIMEOUT_MS)))
  return prompts
    .flatMap((one) => Listed.safeParse(one).data ?? [])
    .slice(0, MAX_PROMPTS)
    .map(({ name, title, description, arguments: gaps = [] }) => ({
      ...{ server, name },
      ...labels(title, description),
      arguments: gaps.map((gap) => ({
        name: gap.name,
        ...labels(gap.title, gap.description),
        required: gap.required ?? false,
      })),
    }))
}

/**
 * The text of a prompt, for the person to send or to change. What is no text is left out.
 *
 * @throws an error with the server's own words when it refuses
 */
export async function getPrompt(
  connection: Reader,
  name: string,
  gaps: Readonly<Record<string, string>>,
): Promise<string> {
  const request = { method: 'prompts/get', params: { name, arguments: gaps } }
  const read = () => connection.read(request, AbortSignal.timeout(TIMEOUT_MS))
  const got = await read().catch((error: unknown) => {
    if (error instanceof ForgottenError) throw new Error('The server is being connected to again.')
    throw error
  })
  const { messages } = Got.parse(got)
  const texts = messages.flatMap((one) => {
    const { data } = Said.safeParse(one)
    if (!data) return []
    return data.content.type === 'text' ? data.content.text : data.content.resource.text
  })
  return cleanText(texts.join('\n\n').slice(0, MAX_TEXT))
}

function labels(title: string | undefined, description: string | undefined) {
  return {
    ...(title && { title: cleanText(title.slice(0, MAX_LABEL)) }),
    ...(description && { description: cleanText(description.slice(0, MAX_LABEL)) }),
  }
}
