import type { Db } from '../../db/database.ts'
import { readBranch } from '../../db/messages.ts'
import type { Run } from '../../db/runs.ts'
import { type Step, stepsOfRuns } from '../../db/steps.ts'
import { type StoredCall, callsOfRuns } from '../../db/tool-calls.ts'
import type { RunId } from '../../shared/contract/ids.ts'
import type { Message, TextPart } from '../../shared/contract/message.ts'
import type { ModelMessage, ProviderState } from '../model/port.ts'
import { outputForModel } from './output-for-model.ts'

/** How much of the conversation is sent to the model: messages, and UTF-16 units of their JSON. */
const MAX_MESSAGES = 400
const MAX_LENGTH = 400_000

/** The conversation up to the run's question, as the model is to see it. */
export async function conversationBefore(db: Db, run: Run): Promise<ModelMessage[]> {
  const { messages } = await readBranch(db, {
    sessionId: run.sessionId,
    leaf: run.questionId,
    limit: MAX_MESSAGES,
    maxLength: MAX_LENGTH,
  })
  const earlier = fromFirstQuestion(messages.map(({ message }) => message))
  const runIds = earlier.flatMap(({ role, runId }) =>
    role === 'assistant' && runId ? [runId] : [],
  )
  const steps = await stepsOfRuns(db, runIds)
  const calls = await callsOfRuns(db, runIds)
  return earlier.flatMap((message): ModelMessage[] =>
    message.role === 'user'
      ? [{ role: 'user', text: joinText(message.parts) }]
      : [
          ...stepMessages(
            message.parts,
            lookUp(steps, message.runId),
            lookUp(calls, message.runId),
          ).map(forget),
          ...cutText(message.parts, lookUp(steps, message.runId)),
        ],
  )
}

/** The finished steps of one answer: what each said, the calls it made and their results. */
export function stepMessages(
  parts: readonly AnyPart[],
  steps: readonly Step[],
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

type AnyPart = TextPart | { type: 'tool' }

/** A conversation that was cut to its newest messages begins with a question, not with the answer to a lost one. */
function fromFirstQuestion(messages: Message[]): Message[] {
  const first = messages.findIndex((message) => message.role === 'user')
  return first < 0 ? [] : messages.slice(first)
}

/** The text of a step that was stopped, or failed, before it was finished. */
function cutText(parts: readonly AnyPart[], steps: readonly Step[]): ModelMessage[] {
  const text = joinText(parts.slice(steps.at(-1)?.partsEnd ?? 0))
  return text ? [{ role: 'assistant', text, calls: [], providerState: null }] : []
}

/** What a provider wants replayed it wants within one answer. */
function forget(message: ModelMessage): ModelMessage {
  return message.role === 'assistant' ? { ...message, providerState: null } : message
}

function joinText(parts: readonly AnyPart[]): string {
  return parts
    .flatMap((part) => (part.type === 'text' || part.type === 'refusal' ? [part.text] : []))
    .join('\n\n')
}

function resultOf(call: StoredCall['call']): { output: string; failed: boolean } {
  switch (call.status) {
    case 'completed':
      return { output: outputForModel(call), failed: false }
    case 'failed':
    case 'denied':
    case 'unknown':
      return { output: call.error ?? `The call is ${call.status}.`, failed: true }
    case 'pending':
    case 'awaiting-approval':
    case 'running':
      return { output: 'The call has no result: the answer was stopped.', failed: true }
  }
}

function toProviderState(stored: unknown): ProviderState | null {
  // Written by `insertStep` from a provider state, and read by nobody but the adapter that made it.
  return stored === null ? null : (stored as ProviderState)
}

function lookUp<T>(byRun: Map<RunId, T[]>, runId: RunId | null): T[] {
  return (runId && byRun.get(runId)) ?? []
}
