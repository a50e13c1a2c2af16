import type { Db } from '../../../db/engine/database.ts'
import { countQuestions } from '../../../db/queries/messages/branches.ts'
import { readPromptPage } from '../../../db/queries/runs/run-drives.ts'
import type { PromptMessage, PromptPage, PromptStep } from '../../../db/queries/runs/run-drives.ts'
import type { Run } from '../../../db/queries/runs/runs.ts'
import { callsOfRuns } from '../../../db/queries/messages/tool-calls.ts'
import type { StoredCall } from '../../../db/queries/messages/call-rows.ts'
import { filesIn } from '../../../shared/contract/files-in.ts'
import type { MessageId, RunId, UserId } from '../../../shared/contract/ids.ts'
import type { FilePart, TextPart } from '../../../shared/contract/message.ts'
import type { ModelMessage, ProviderState } from '../../model/port.ts'
import { joinTexts } from '../../../shared/session/join-texts.ts'
import { clip } from './clip-text.ts'
import type { Turn } from './fit-turns.ts'
import { readingsOf, filesForModel, questionForModel } from './files-for-model.ts'
import { outputForModel } from './output-for-model.ts'

/** The conversation up to the run's question, as the model is to see it. */
export type Conversation = {
  /** Oldest first; the last turn begins with the run's question. */
  turns: Turn[]
  /** The number of earlier turns that were not read, because there is no room for them. */
  unread: number
  /** All of it as it is stored, oldest first; null when not all was read. */
  messages: readonly PromptMessage[] | null
}

/** The fewest and the most messages of a page, which is also limited by bytes. */
export const PAGE = 100
const LONGEST_PAGE = 2_000

/** The longest result of a tool that is sent to a model, in UTF-16 units: some 30,000 tokens. */
const MAX_RESULT_LENGTH = 100_000

/**
 * Reads from the question back, page by page, until the beginning or until there is no more room. A page has as many
 * messages as will probably be needed, because each page costs a round trip to the database.
 *
 * @param newest the page that ends with the question
 * @param roomAfter gets the turns of each page, newest page first, and returns for about how many older messages there
 *   is room; 0 for none
 */
export async function conversationBefore(
  db: Db,
  { sessionId, userId }: Pick<Run, 'sessionId' | 'userId'>,
  newest: PromptPage,
  roomAfter: (turns: readonly Turn[]) => Promise<number>,
): Promise<Conversation> {
  let messages: ModelMessage[] = []
  let stored = newest.messages
  let leaf: MessageId | null = null
  for (let page = newest; ;) {
    const older = await toModelMessages(db, userId, page.messages)
    messages = [...older, ...messages]
    leaf = page.hasOlder ? (page.messages[0]?.parentId ?? null) : null
    const room = leaf === null ? 0 : await roomAfter(toTurns(older))
    if (leaf === null || room === 0) {
      break
    }
    page = await readPromptPage(db, sessionId, leaf, Math.min(Math.max(room, PAGE), LONGEST_PAGE))
    stored = [...page.messages, ...stored]
  }
  return {
    turns: toTurns(messages),
    unread: leaf ? await countQuestions(db, sessionId, leaf) : 0,
    messages: leaf ? null : stored,
  }
}

async function toModelMessages(
  db: Db,
  userId: UserId,
  messages: readonly PromptMessage[],
): Promise<ModelMessage[]> {
  const withCalls = messages.flatMap(({ parts, steps }) =>
    parts.some(({ type }) => type === 'tool') ? steps.map(({ runId }) => runId) : [],
  )
  const calls = await callsOfRuns(db, [...new Set(withCalls)])
  const read = await readingsOf(
    db,
    userId,
    messages.flatMap(({ parts }) => filesIn(parts)),
  )
  const tell = ({ parts }: PromptMessage) => questionForModel(joinText(parts), filesIn(parts), read)
  return messages.flatMap((message, index): ModelMessage[] => {
    const { role, parts, steps, joinedPart } = message
    if (role === 'user') {
      // A message that joined an answer on an older page is a question of its own here.
      const isTold = joinedPart !== null && joinedIn(messages, index)
      return isTold ? [] : [tell(message)]
    }
    const joined = followersOf(messages, index).map((one) => ({
      part: one.joinedPart ?? 0,
      message: { ...tell(one), joins: true },
    }))
    return [...stepMessages(parts, steps, calls, joined), ...cutText(parts, steps)]
  })
}

/** The messages directly behind an answer that joined it. */
function followersOf(messages: readonly PromptMessage[], index: number): PromptMessage[] {
  let end = index + 1
  while (end < messages.length && messages[end]?.joinedPart !== null) end += 1
  return messages.slice(index + 1, end)
}

function joinedIn(messages: readonly PromptMessage[], index: number): boolean {
  return messages.slice(0, index).some(({ role }) => role === 'assistant')
}

/**
 * Groups messages into turns. Messages before the first question are left out: the question of their answer was not
 * read.
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

/** A message that joined an answer while it was written, and the index of the part before which it came. */
export type Joined = { part: number; message: ModelMessage }

/**
 * The finished steps of one answer as messages for the model: each step's text, its calls with their results, and the
 * messages that joined.
 */
export function stepMessages(
  parts: readonly AnyPart[],
  steps: readonly PromptStep[],
  calls: ReadonlyMap<RunId, readonly StoredCall[]>,
  joined: readonly Joined[] = [],
): ModelMessage[] {
  const callsOf = ({ runId, step }: PromptStep) =>
    (calls.get(runId) ?? []).filter((call) => call.step === step)
  // A cut step is one message together with the step of the run that continued it.
  const whole = steps.filter((step, index) => {
    return index === steps.length - 1 || callsOf(step).length > 0
  })
  const sent = whole.flatMap((finished, index): ModelMessage[] => {
    const { partsEnd, providerState } = finished
    const from = whole[index - 1]?.partsEnd ?? 0
    const own = callsOf(finished)
    return [
      ...saidBetween(joined, whole[index - 2]?.partsEnd ?? -1, index === 0 ? -1 : from),
      {
        role: 'assistant',
        text: joinText(parts.slice(from, partsEnd)),
        calls: own.map((call) => ({
          id: call.providerId,
          name: call.call.name,
          arguments: call.arguments,
        })),
        // The adapter of the API decides which of it is sent back: in the running answer only, or in later turns too.
        providerState: toProviderState(providerState),
      },
      ...own.map(({ call, providerId }) => ({
        role: 'tool' as const,
        callId: providerId,
        ...resultOf(call),
      })),
    ]
  })
  const rest = whole.length > 1 ? (whole.at(-2)?.partsEnd ?? -1) : -1
  return [...sent, ...saidBetween(joined, rest, Number.POSITIVE_INFINITY)]
}

function saidBetween(joined: readonly Joined[], after: number, upTo: number): ModelMessage[] {
  return joined.flatMap(({ part, message }) => (part > after && part <= upTo ? [message] : []))
}

type AnyPart = TextPart | { type: 'tool' } | FilePart

/** The text of a step that was stopped, or failed, before its end. */
export function cutText(
  parts: readonly AnyPart[],
  steps: readonly Pick<PromptStep, 'partsEnd'>[],
): ModelMessage[] {
  const text = joinText(parts.slice(steps.at(-1)?.partsEnd ?? 0))
  return text ? [{ role: 'assistant', text, calls: [], providerState: null }] : []
}

export function joinText(parts: readonly AnyPart[]): string {
  return joinTexts(parts).join('\n\n')
}

type Told = Pick<Extract<ModelMessage, { role: 'tool' }>, 'output' | 'failed' | 'files'>

function resultOf(call: StoredCall['call']): Told {
  switch (call.status) {
    case 'completed': {
      const { words, files } = filesForModel(call.files ?? [])
      const output = clip(outputForModel(call, words), MAX_RESULT_LENGTH)
      return { output, failed: false, ...(files.length > 0 && { files }) }
    }
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
  // `insertStep` wrote this from a provider state, and only the adapter that made it reads it.
  return stored === null ? null : (stored as ProviderState)
}
