import { findSession } from '../../../db/queries/sessions/sessions.ts'
import { readPromptPage } from '../../../db/queries/runs/run-drives.ts'
import type { File } from '../../../shared/contract/file.ts'
import type { MessageId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { ClientTool, OutputFormat } from '../../../shared/contract/run-options.ts'
import type { ModelMessage } from '../../model/port.ts'
import type { RunDeps } from '../deps.ts'
import { conversationBefore, PAGE } from './context.ts'
import { besideText, fitStep, roomFor, textOf } from './fit-step.ts'
import type { Turn } from './fit-turns.ts'
import { readingsOf, questionForModel } from './files-for-model.ts'
import { projectForModel } from './project-for-model.ts'

/** A request to a model of which nothing is stored yet. */
export type AskedPrompt = {
  userId: UserId
  model: string
  /** The message that it follows, in a session of this user. */
  behind: { sessionId: SessionId; leaf: MessageId } | null
  said: readonly SaidAgain[]
  /** Instructions that replace those of the session or of the server. */
  instructions: string | null
  clientTools: readonly ClientTool[]
  /** The model is offered no tools at all. */
  withoutTools: boolean
  output: OutputFormat | undefined
}

export type SaidAgain =
  /** `pictures`: so many that are not stored. */
  | { role: 'user'; text: string; files: readonly File[]; pictures: number }
  | Extract<ModelMessage, { role: 'assistant' | 'tool' }>

type Deps = Pick<RunDeps, 'database' | 'catalog' | 'tokens' | 'tools' | 'settings'>

export type PromptCounter = (asked: AskedPrompt) => Promise<number>

/**
 * Counts the tokens of a request as it would be sent: with the instructions, the tools, and as much of the conversation as
 * the model can read. The model's own number may differ.
 */
export function createPromptCounter(deps: Deps): PromptCounter {
  const { catalog, database, settings, tokens, tools } = deps
  const { db } = database
  return async ({ userId, model, behind, said, ...asked }) => {
    const session = behind && (await findSession(db, userId, behind.sessionId))
    const before =
      session && behind
        ? await conversationBefore(
            db,
            { sessionId: session.id, userId },
            await readPromptPage(db, session.id, behind.leaf, PAGE),
            roomFor(model, deps),
          )
        : { turns: [], unread: 0, messages: null }
    const own = session?.systemPrompt ?? settings.systemPrompt
    const project = session?.projectId
    const systemPrompt =
      asked.instructions ?? (project ? `${own}${await projectForModel(db, userId, project)}` : own)
    const names = new Set(asked.clientTools.map(({ name }) => name))
    const off = session?.toolsOff ?? []
    const offered = tools
      .of(userId)
      .offered()
      .filter(({ name }) => !names.has(name) && !off.includes(name))
    const request = {
      ...{ model, systemPrompt, temperature: 0, maxTokens: settings.maxTokens },
      tools: asked.withoutTools
        ? []
        : [...asked.clientTools, ...offered].map(({ name, description, inputSchema }) => ({
            ...{ name, description, inputSchema },
          })),
      output: asked.output,
    }
    const turns = [...before.turns]
    for (const message of await messagesOf(said, userId)) addTo(turns, message)
    const conversation = { ...before, turns }
    const summary = session?.summary ?? null
    const { step } = await fitStep(
      { request, conversation, current: [], summary },
      { catalog, tokens },
      1,
    )
    const counts = await tokens.count([
      step.systemPrompt,
      ...(step.tools.length > 0 ? [JSON.stringify(step.tools)] : []),
      ...(step.output ? [JSON.stringify(step.output)] : []),
      ...step.messages.map(textOf),
    ])
    const found = [...counts, ...step.messages.map(besideText)].reduce((sum, one) => sum + one, 0)
    return Math.ceil(found * tokens.correction(model, 'count'))
  }

  async function messagesOf(said: readonly SaidAgain[], userId: UserId): Promise<ModelMessage[]> {
    const files = said.flatMap((one) => (one.role === 'user' ? one.files : []))
    const read = await readingsOf(db, userId, files)
    return said.map((one): ModelMessage => {
      if (one.role !== 'user') return one
      const question = questionForModel(one.text, one.files, read)
      const pictures = Array.from({ length: one.pictures }, () => PICTURE)
      return { ...question, files: [...(question.files ?? []), ...pictures] }
    })
  }
}

const PICTURE = { kind: 'image', name: '', mimeType: '', data: null, instead: '' } as const

/** Adds to the last turn, unless the message begins one. A request may have hundreds of thousands of messages. */
function addTo(turns: Turn[], message: ModelMessage): void {
  const last = turns.at(-1)
  if (last && message.role !== 'user') last.push(message)
  else turns.push([message])
}
