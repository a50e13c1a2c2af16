import type { Db } from '../../../db/engine/database.ts'
import { countQuestions } from '../../../db/queries/messages/branches.ts'
import { readTold } from '../../../db/queries/runs/run-drives.ts'
import type { ToldMessage, ToldPage, ToldStep } from '../../../db/queries/runs/run-drives.ts'
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
import { textsOf, toldFilesOf, toldQuestion } from './told-files.ts'
import { outputForModel } from './output-for-model.ts'

/** The conversation up to the run's question, as the model is to see it. */
export type Conversation = {
  /** Oldest first; the last one begins with the run's question. */
  turns: Turn[]
  /** The number of earlier turns that were not read because there is no room for them. */
  unread: number
}

/** The fewest messages that are read at once, and the most. */
export const PAGE = 100
const LONGEST_PAGE = 500

/** The longest result of a tool that is sent to a model, in UTF-16 units: some 30,000 tokens. */
const MAX_RESULT_LENGTH = 100_000

/**
 * Reads from the question back, page by page, until the beginning or until there is more than has room. A page has as
 * many messages as are likely to be needed, because each costs a round trip to the database.
 *
 * @param newest the page that ends with the question
 * @param roomAfter is told the turns of each page, newest page first, and says for about how many older messages there
 *   may be room; 0 when there is none
 */
export async function conversationBefore(
  db: Db,
  { sessionId, userId }: Pick<Run, 'sessionId' | 'userId'>,
  newest: ToldPage,
  roomAfter: (turns: readonly Turn[]) => Promise<number>,
): Promise<Conversation> {
  let messages: ModelMessage[] = []
  let leaf: MessageId | null = null
  for (let page = newest; ;) {
    const older = await toModelMessages(db, userId, page.messages)
    messages = [...older, ...messages]
    leaf = page.hasOlder ? (page.messages[0]?.parentId ?? null) : null
    const room = leaf === null ? 0 : await roomAfter(toTurns(older))
    if (leaf === null || room === 0) {
      break
    }
    page = await readTold(db, sessionId, leaf, Math.min(Math.max(room, PAGE), LONGEST_PAGE))
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
  const withCalls = messages.flatMap(({ parts, steps }) =>
    parts.some(({ type }) => type === 'tool') ? steps.map(({ runId }) => runId) : [],
  )
  const calls = await callsOfRuns(db, [...new Set(withCalls)])
  const texts = await textsOf(
    db,
    userId,
    messages.flatMap(({ parts }) => filesIn(parts)),
  )
  const tell = ({ parts }: ToldMessage) => toldQuestion(joinText(parts), filesIn(parts), texts)
  return messages.flatMap((message, index): ModelMessage[] => {
    const { role, parts, steps, joinedPart } = message
    if (role === 'user') {
      // One whose answer is on an older page stands by itself.
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

/** The messages behind an answer that joined it. */
function followersOf(messages: readonly ToldMessage[], index: number): ToldMessage[] {
  const rest = messages.slice(index + 1)
  const end = rest.findIndex(({ joinedPart }) => joinedPart === null)
  return end === -1 ? rest : rest.slice(0, end)
}

function joinedIn(messages: readonly ToldMessage[], index: number): boolean {
  return messages.slice(0, index).some(({ role }) => role === 'assistant')
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

/** What was said while an answer was written, and the part of it before which it came. */
export type Joined = { part: number; message: ModelMessage }

/** The finished steps of one answer: what each said, the calls it made and their results, and what was said meanwhile. */
export function stepMessages(
  parts: readonly AnyPart[],
  steps: readonly ToldStep[],
  calls: ReadonlyMap<RunId, readonly StoredCall[]>,
  joined: readonly Joined[] = [],
): ModelMessage[] {
  const callsOf = ({ runId, step }: ToldStep) =>
    (calls.get(runId) ?? []).filter((call) => call.step === step)
  // What was cut is told together with what another run went on with.
  const whole = steps.filter((step, index) => {
    return index === steps.length - 1 || callsOf(step).length > 0
  })
  const told = whole.flatMap((finished, index): ModelMessage[] => {
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
  const rest = whole.length > 1 ? (whole.at(-2)?.partsEnd ?? -1) : -1
  return [...told, ...saidBetween(joined, rest, Number.POSITIVE_INFINITY)]
}

function saidBetween(joined: readonly Joined[], after: number, upTo: number): ModelMessage[] {
  return joined.flatMap(({ part, message }) => (part > after && part <= upTo ? [message] : []))
}

type AnyPart = TextPart | { type: 'tool' } | FilePart

/** The text of a step that was stopped, or failed, before it was finished. */
export function cutText(
  parts: readonly AnyPart[],
  steps: readonly Pick<ToldStep, 'partsEnd'>[],
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
      const { words, files } = toldFilesOf(call.files ?? [])
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
  // Written by `insertStep` from a provider state, and read by nobody but the adapter that made it.
  return stored === null ? null : (stored as ProviderState)
}
