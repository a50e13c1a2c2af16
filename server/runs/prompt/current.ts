import type { Step } from '../../../db/queries/messages/steps.ts'
import type { StoredCall } from '../../../db/queries/messages/call-rows.ts'
import type { PromptStep } from '../../../db/queries/runs/run-drives.ts'
import type { Run } from '../../../db/queries/runs/runs.ts'
import type { JoinedMessage } from '../../../db/queries/runs/steering.ts'
import type { StoredPart } from '../../../db/stored-values.ts'
import { filesIn } from '../../../shared/contract/files-in.ts'
import type { RunId } from '../../../shared/contract/ids.ts'
import { GO_ON } from '../../model/go-on.ts'
import type { ModelMessage } from '../../model/port.ts'
import type { RunDeps } from '../deps.ts'
import { cutText, joinText, stepMessages } from './context.ts'
import type { Joined } from './context.ts'
import { readingsOf, questionForModel, untilRead } from './files-for-model.ts'

/**
 * The steps of a run so far, with their calls, those of earlier runs of the same answer, and the messages that joined.
 */
type Done = {
  steps: readonly Step[]
  calls: readonly StoredCall[]
  earlier: {
    steps: readonly PromptStep[]
    calls: ReadonlyMap<RunId, readonly StoredCall[]>
  }
  joined: readonly Joined[]
}

/** The answer so far, as messages for the next step. */
export function currentMessages(
  parts: readonly StoredPart[],
  run: Pick<Run, 'id' | 'baseParts'>,
  { steps, calls, earlier, joined }: Done,
): ModelMessage[] {
  const own = steps.map((step) => ({ ...step, runId: run.id }))
  const allCalls = new Map(earlier.calls).set(run.id, calls)
  const sent = stepMessages(parts, [...earlier.steps, ...own], allCalls, joined)
  if (run.baseParts === null || own.length > 0) {
    return sent
  }
  // The first step of this run continues the text that was cut, so the text comes before it.
  const before = [...sent, ...cutText(parts.slice(0, run.baseParts), earlier.steps)]
  return before.at(-1)?.role === 'assistant' ? [...before, { role: 'user', text: GO_ON }] : before
}

/** The messages that joined an answer, as messages for the model, with the texts of their files. */
export async function joinedForModel(
  deps: Pick<RunDeps, 'database' | 'files'>,
  { userId }: Pick<Run, 'userId'>,
  messages: readonly JoinedMessage[],
  signal: AbortSignal,
): Promise<Joined[]> {
  if (messages.length === 0) {
    return []
  }
  const files = messages.flatMap(({ parts }) => filesIn(parts))
  await untilRead(deps, userId, files, signal)
  const read = await readingsOf(deps.database.db, userId, files)
  return messages.map(({ part, parts }) => ({
    part,
    message: { ...questionForModel(joinText(parts), filesIn(parts), read), joins: true },
  }))
}
