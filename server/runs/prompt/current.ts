import type { Step } from '../../../db/queries/messages/steps.ts'
import type { StoredCall } from '../../../db/queries/messages/call-rows.ts'
import type { ToldStep } from '../../../db/queries/runs/run-drives.ts'
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
import { textsOf, toldQuestion } from './told-files.ts'

/** What a run did so far, and what was done before it continued the answer. */
type Done = {
  steps: readonly Step[]
  calls: readonly StoredCall[]
  earlier: {
    steps: readonly ToldStep[]
    calls: ReadonlyMap<RunId, readonly StoredCall[]>
  }
  joined: readonly Joined[]
}

/** The answer so far, as its next step is to see it. */
export function currentMessages(
  parts: readonly StoredPart[],
  run: Pick<Run, 'id' | 'baseParts'>,
  { steps, calls, earlier, joined }: Done,
): ModelMessage[] {
  const own = steps.map((step) => ({ ...step, runId: run.id }))
  const allCalls = new Map(earlier.calls).set(run.id, calls)
  const told = stepMessages(parts, [...earlier.steps, ...own], allCalls, joined)
  if (run.baseParts === null || own.length > 0) {
    return told
  }
  // The step that this run begins with goes on with the text that was cut.
  const before = [...told, ...cutText(parts.slice(0, run.baseParts), earlier.steps)]
  return before.at(-1)?.role === 'assistant' ? [...before, { role: 'user', text: GO_ON }] : before
}

/** Messages that joined an answer, as the model is to see them. */
export async function tellJoined(
  { database }: Pick<RunDeps, 'database'>,
  { userId }: Pick<Run, 'userId'>,
  messages: readonly JoinedMessage[],
): Promise<Joined[]> {
  if (messages.length === 0) {
    return []
  }
  const files = messages.flatMap(({ parts }) => filesIn(parts))
  const texts = await textsOf(database.db, userId, files)
  return messages.map(({ part, parts }) => ({
    part,
    message: { ...toldQuestion(joinText(parts), filesIn(parts), texts), joins: true },
  }))
}
