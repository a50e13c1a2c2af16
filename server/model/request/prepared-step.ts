import type { Endpoint, StepRequest } from '../adapter.ts'
import { conversationToSend } from './conversation-to-send.ts'
import type { ModelFile, ModelMessage, ModelStep, ModelTool } from '../port.ts'
import { withFilesAsText } from './files-as-text.ts'
import { formatToSend, outputInWords } from './output-format.ts'
import { refusalOf } from '../failure/refused-tools.ts'
import { leastOf } from '../failure/refusals.ts'
import type { Refusal } from '../failure/refusals.ts'
import { wellFormed } from '../text/well-formed-text.ts'
import { schemaToSend } from './tool-schema.ts'

/** The most tools that any known provider accepts. */
const MOST_TOOLS = 128
/** The most names that a note lists. */
const NAMED = 5

/** The step in a form that this endpoint accepts, with notes for people about what was changed. */
export function prepareStep(
  step: ModelStep,
  endpoint: Endpoint,
  refused: ReadonlySet<Refusal>,
  { background = false, prefix = null }: { background?: boolean; prefix?: string | null } = {},
): StepRequest {
  const { sent, notes } = offeredTools(step, endpoint, refused)
  const asked = withFilesAsText(step.messages, (kind) => isTaken(kind, endpoint, refused))
  const messages = conversationToSend(asked.messages, {
    withCalls: sent.length > 0,
    // The demo model answers what was said last, and would take what stands before it for a part of that.
    joinsQuestions: endpoint.kind !== 'demo',
  })
  const blind =
    asked.pictures > 0
      ? [`${step.model} at ${endpoint.host} takes no pictures: it was told their names only.`]
      : []
  const format = formatToSend(step.output, refused)
  const words = step.output ? outputInWords(step.output, format, endpoint) : ''
  const instructions = [step.systemPrompt, words].filter((one) => one.trim() !== '')
  const systemPrompt = wellFormed(instructions.join('\n\n'))
  const inUser = systemPrompt !== '' && refused.has('system-role')
  return {
    step: {
      ...step,
      systemPrompt: inUser ? '' : systemPrompt,
      messages: inUser ? withInstructions(messages, systemPrompt) : messages,
      maxTokens: Math.min(
        step.maxTokens,
        leastOf(refused, 'longer-answers-than') ?? step.maxTokens,
      ),
      tools: sent.map((tool) => ({ ...tool, inputSchema: schemaToSend(tool.inputSchema) })),
    },
    endpoint,
    refused,
    format,
    sentTools: sent.map((tool) => ({ name: tool.name, refusal: refusalOf(tool) })),
    notes: endpoint.kind === 'demo' ? notes : [...notes, ...blind],
    background: background && !refused.has('background'),
    prefix,
  }
}

/** Chat Completions servers disagree on how a PDF is sent, and the demo model reads text only. */
function isTaken(
  kind: ModelFile['kind'],
  { kind: endpoint }: Endpoint,
  refused: ReadonlySet<Refusal>,
): boolean {
  if (endpoint === 'demo') return false
  return !refused.has(kind === 'image' ? 'pictures' : 'pdfs')
}

function offeredTools(
  { model, tools }: ModelStep,
  { host }: Endpoint,
  refused: ReadonlySet<Refusal>,
): { sent: ModelTool[]; notes: string[] } {
  if (tools.length === 0) return { sent: [], notes: [] }
  if (refused.has('tools')) {
    const note = `This model takes no tools, so ${model} at ${host} was asked without them.`
    return { sent: [], notes: [note] }
  }
  const taken = tools.filter((tool) => !refused.has(refusalOf(tool)))
  const sent = fairly(taken, leastOf(refused, 'more-tools-than') ?? MOST_TOOLS)
  const without = tools.filter((tool) => !taken.includes(tool))
  const notes =
    without.length > 0
      ? [
          `${host} refuses ${listOf(without)}: the model was asked without ${without.length === 1 ? 'it' : 'them'}.`,
        ]
      : []
  if (sent.length < taken.length) {
    const over = taken.filter((tool) => !sent.includes(tool))
    notes.push(
      `There are more tools than a model takes at once (${sent.length} of ${taken.length}): ` +
        `${listOf(over)} ${over.length === 1 ? 'was' : 'were'} left out.`,
    )
  }
  return { sent, notes }
}

function listOf(tools: readonly ModelTool[]): string {
  const names = tools.slice(0, NAMED).map(({ name }) => name)
  const more = tools.length - names.length
  return `the ${tools.length === 1 ? 'tool' : 'tools'} ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/**
 * Chooses tools up to the limit, in order: all that belong to no server, and the first ones of each server
 * (`server__tool`).
 */
function fairly(tools: ModelTool[], most: number): ModelTool[] {
  if (tools.length <= most) return tools
  const places = new Map<string, number>()
  const ranked = tools.map((tool) => {
    const [server, name] = tool.name.split('__', 2)
    if (name === undefined || server === undefined) return { tool, rank: -1 }
    const rank = places.get(server) ?? 0
    places.set(server, rank + 1)
    return { tool, rank }
  })
  const kept = new Set(
    ranked
      .toSorted((one, other) => one.rank - other.rank)
      .slice(0, most)
      .map(({ tool }) => tool),
  )
  return tools.filter((tool) => kept.has(tool))
}

function withInstructions(messages: readonly ModelMessage[], instructions: string): ModelMessage[] {
  const [first, ...rest] = messages
  return first?.role === 'user'
    ? [{ ...first, text: `${instructions}\n\n${first.text}` }, ...rest]
    : [{ role: 'user', text: instructions }, ...messages]
}
