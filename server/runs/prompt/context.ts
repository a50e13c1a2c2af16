import type { Db } from '../../../db/engine/database.ts'
import { countQuestions } from '../../../db/queries/messages/branches.ts'
import { readTold } from '../../../db/queries/runs/run-drives.ts'
import type { ToldMessage, ToldPage } from '../../../db/queries/runs/run-drives.ts'
import type { Run } from '../../../db/queries/runs/runs.ts'
import { callsOfRuns } from '../../../db/queries/messages/tool-calls.ts'
import type { StoredCall } from '../../../db/queries/messages/tool-calls.ts'
import { filesIn } from '../../../shared/contract/files-in.ts'
import type { MessageId, UserId } from '../../../shared/contract/ids.ts'
import type { FilePart, TextPart } from '../../../shared/contract/message.ts'
import type { ModelMessage, ProviderState } from '../../model/port.ts'
import { clip } from './clip-text.ts'
import type { Turn } from './fit-turns.ts'
import { textsOf, toldQuestion } from './told-files.ts'
import { outputForModel } from './output-for-model.ts'

/** The conversation up to the run's question, as the model is to see it. */
export type Conversation = {
  /** Oldest first; the last one begins with the run's question. */
  turns: Turn[]
  /** The number of earlier turns that were not read because there is no room for them. */
  unread: number
}

/** Messages that are read at once. */
export const PAGE = 100

/** The longest result of a tool that is sent to a model, in UTF-16 units: some 30,000 tokens. */
const MAX_RESULT_LENGTH = 100_000

/**
 * Reads from the question back, page by page, until the beginning or until there is more than has room.
 *
 * @param newest the page that ends with the question
 * @param isEnough is told the turns of each page, newest page first, and says whether older ones can have no room
 */
export async function conversationBefore(
  db: Db,
  { sessionId, userId }: Pick<Run, 'sessionId' | 'userId'>,
  newest: ToldPage,
  isEnough: (turns: readonly Turn[]) => Promise<boolean>,
): Promise<Conversation> {
  let messages: ModelMessage[] = []
  let leaf: MessageId | null = null
  for (let page = newest; ; page = await readTold(db, sessionId, leaf, PAGE)) {
    const older = await toModelMessages(db, userId, page.messages)
    messages = [...older, ...messages]
    leaf = page.hasOlder ? (page.messages[0]?.parentId ?? null) : null
    if (leaf === null || (await isEnough(toTurns(older)))) {
      break
    }
  }
  return {
    turns: toTurns(messages),
    unread: leaf ? await countQuestions(db, sessionId, leaf) : 0,
  }
}

async function toModelMessages(
  db: Db,
  userId: UserId,
  messages: readonly ToldMessage[],
): Promise<ModelMessage[]> {
  const withCalls = messages.flatMap(({ parts, runId }) =>
    runId && parts.some(({ type }) => type === 'tool') ? [runId] : [],
  )
  const calls = await callsOfRuns(db, withCalls)
  const texts = await textsOf(
    db,
    userId,
    messages.flatMap(({ parts }) => filesIn(parts)),
  )
  return messages.flatMap(({ role, parts, runId, steps }): ModelMessage[] =>
    role === 'user'
      ? [toldQuestion(joinText(parts), filesIn(parts), texts)]
      : [
          ...stepMessages(parts, steps, (runId && calls.get(runId)) ?? []),
          ...cutText(parts, steps),
        ],
  )
}

/**
 * Splits the messages into turns. Messages before the first question belong to an answer without its question and are
 * left out.
 */
function toTurns(messages: readonly ModelMessage[]): Turn[] {
  const turns: Turn[] = []
  for (const message of messages) {
    if (message.role === 'user') {
      turns.push([message])
    } else {
      turns.at(-1)?.push(message)
    }
  }
  return turns
}

/** The finished steps of one answer: what each said, the calls it made and their results. */
export function stepMessages(
  parts: readonly AnyPart[],
  steps: readonly ToldMessage['steps'][number][],
  calls: readonly StoredCall[],
): ModelMessage[] {
  return steps.flatMap(({ step, partsEnd, providerState }, index): ModelMessage[] => {
    const own = calls.filter((call) => call.step === step)
    return [
      {
        role: 'assistant',
        text: joinText(parts.slice(steps[index - 1]?.partsEnd ?? 0, partsEnd)),
        calls: own.map((call) => ({
          id: call.providerId,
          name: call.call.name,
          arguments: call.arguments,
        })),
        // The adapter knows what of it is wanted back: for the answer under way, or later too.
        providerState: toProviderState(providerState),
      },
      ...own.map(({ call, providerId }) => ({
        role: 'tool' as const,
        callId: providerId,
        ...resultOf(call),
      })),
    ]
  })
}

type AnyPart = TextPart | { type: 'tool' } | FilePart

/** The text of a step that was stopped, or failed, before it was finished. */
function cutText(parts: readonly AnyPart[], steps: ToldMessage['steps']): ModelMessage[] {
  const text = joinText(parts.slice(steps.at(-1)?.partsEnd ?? 0))
  return text ? [{ role: 'assistant', text, calls: [], providerState: null }] : []
}

function joinText(parts: readonly AnyPart[]): string {
  return parts
    .flatMap((part) => (part.type === 'text' || part.type === 'refusal' ? [part.text] : []))
    .join('\n\n')
}

function resultOf(call: StoredCall['call']): { output: string; failed: boolean } {
  switch (call.status) {
    case 'completed':
      return { output: clip(outputForModel(call), MAX_RESULT_LENGTH), failed: false }
    case 'failed':
    case 'denied':
    case 'unknown':
      return {
        output: clip(call.error ?? `The call is ${call.status}.`, MAX_RESULT_LENGTH),
        failed: true,
      }
    case 'pending':
    case 'awaiting-approval':
    case 'running':
      return {
        output: call.error ?? 'The call has no result: the answer was stopped.',
        failed: true,
      }
  }
}

function toProviderState(stored: unknown): ProviderState | null {
  // Written by `insertStep` from a provider state, and read by nobody but the adapter that made it.
  return stored === null ? null : (stored as ProviderState)
}
