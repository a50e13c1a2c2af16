import type { DriveStart } from '../../db/queries/runs/run-drives.ts'
import type { Run } from '../../db/queries/runs/runs.ts'
import { stepsOfRuns } from '../../db/queries/messages/steps.ts'
import { callsOfRuns } from '../../db/queries/messages/tool-calls.ts'
import { readJoined } from '../../db/queries/runs/steering.ts'
import { filesIn } from '../../shared/contract/files-in.ts'
import type { ModelStep } from '../model/port.ts'
import { FencedError } from './deps.ts'
import type { RunDeps } from './deps.ts'
import { conversationBefore } from './prompt/context.ts'
import { joinedForModel } from './prompt/current.ts'
import { joinKnown } from './prompt/known-prompts.ts'
import { roomFor } from './prompt/fit-step.ts'
import { untilRead } from './prompt/files-for-model.ts'
import { projectForModel } from './prompt/project-for-model.ts'

/**
 * Loads what an attempt at a run begins with: its question, and what earlier attempts and runs left of its answer.
 *
 * @param signal aborts when waiting for files that are still being read is of no use any more
 * @throws {FencedError} when the run, its session or its person is deleted
 */
export async function loadDrive(run: Run, deps: RunDeps, signal: AbortSignal) {
  const { db } = deps.database
  const known = deps.prompts.of(run.sessionId)
  const found = await deps.batches.readStart({ run, until: known?.question ?? null })
  if (!found) {
    throw new FencedError()
  }
  const { start } = found
  const page = joinKnown(found.page, known)
  await untilRead(
    deps,
    run.userId,
    page.messages.flatMap(({ parts }) => filesIn(parts)),
    signal,
  )
  const request: Omit<ModelStep, 'messages' | 'tools'> = {
    model: run.model,
    temperature: run.options?.temperature ?? deps.settings.temperature,
    maxTokens: Math.min(run.options?.maxTokens ?? Infinity, deps.settings.maxTokens),
    parameters: run.options?.parameters,
    // A run that continues a cut text does not begin a JSON object of its own.
    output: run.baseParts === null ? run.options?.output : undefined,
    systemPrompt: run.options?.instructions ?? (await instructionsFor(start, run, deps)),
  }
  const conversation = await conversationBefore(db, run, page, roomFor(run.model, deps))
  const { messages } = conversation
  if (messages) {
    deps.prompts.note(run.sessionId, { question: run.questionId, messages })
  } else {
    deps.prompts.forget(run.sessionId)
  }
  // A call is recorded together with the step that made it.
  const earlierRuns = start.earlierRuns ?? []
  const ofRuns = start.hasSteps ? [...earlierRuns, run.id] : []
  const stepsByRun = await stepsOfRuns(db, ofRuns)
  const callsByRun = await callsOfRuns(db, ofRuns)
  const steps = stepsByRun.get(run.id) ?? []
  return {
    question: {
      request,
      conversation,
      summary: start.summary,
    },
    caller: { id: run.userId, admin: start.personRole === 'admin' },
    steps,
    calls: callsByRun.get(run.id) ?? [],
    earlier: {
      steps: earlierRuns.flatMap((runId) =>
        (stepsByRun.get(runId) ?? []).map((step) => ({ ...step, runId })),
      ),
      calls: callsByRun,
      usage: start.earlierUsage,
    },
    joined: await joinedForModel(
      deps,
      run,
      start.hasSteps ? await readJoined(db, run.messageId) : [],
      signal,
    ),
    // The parts of a cut step are kept when the step is continued.
    kept: start.kept,
    stepStart: steps.at(-1)?.partsEnd ?? run.baseParts ?? 0,
    toolsOff: start.toolsOff ?? [],
  }
}

/** The system prompt: the session's, else the server's, followed by that of the session's project. */
async function instructionsFor(start: DriveStart, run: Run, deps: RunDeps): Promise<string> {
  const own = start.systemPrompt ?? deps.settings.systemPrompt
  return start.projectId === null
    ? own
    : `${own}${await projectForModel(deps.database.db, run.userId, start.projectId)}`
}
