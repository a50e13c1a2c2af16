import { readDriveStart } from '../../db/queries/runs/run-drives.ts'
import type { DriveStart } from '../../db/queries/runs/run-drives.ts'
import type { Run } from '../../db/queries/runs/runs.ts'
import { stepsOfRuns } from '../../db/queries/messages/steps.ts'
import { callsOfRuns } from '../../db/queries/messages/tool-calls.ts'
import { readJoined } from '../../db/queries/runs/steering.ts'
import type { ModelStep } from '../model/port.ts'
import { FencedError } from './deps.ts'
import type { RunDeps } from './deps.ts'
import { PAGE, conversationBefore } from './prompt/context.ts'
import { tellJoined } from './prompt/current.ts'
import { roomFor } from './prompt/fit-step.ts'
import { toldOfProject } from './prompt/told-project.ts'

/**
 * What an attempt at a run begins with: its question, and what earlier attempts and runs left of its answer.
 *
 * @throws {FencedError} when the run, its session or its person is gone
 */
export async function loadDrive(run: Run, deps: RunDeps) {
  const { db } = deps.database
  const found = await readDriveStart(db, run, PAGE)
  if (!found) {
    throw new FencedError()
  }
  const { start, told } = found
  const request: Omit<ModelStep, 'messages' | 'tools'> = {
    model: run.model,
    temperature: run.options?.temperature ?? deps.settings.temperature,
    maxTokens: Math.min(run.options?.maxTokens ?? Infinity, deps.settings.maxTokens),
    // What goes on with a text that was cut is no object of its own.
    output: run.baseParts === null ? run.options?.output : undefined,
    systemPrompt: run.options?.instructions ?? (await instructionsFor(start, run, deps)),
  }
  // Calls are recorded with the step that made them.
  const earlierRuns = start.earlierRuns ?? []
  const ofRuns = start.hasSteps ? [...earlierRuns, run.id] : []
  const stepsByRun = await stepsOfRuns(db, ofRuns)
  const callsByRun = await callsOfRuns(db, ofRuns)
  const steps = stepsByRun.get(run.id) ?? []
  return {
    question: {
      request,
      conversation: await conversationBefore(db, run, told, roomFor(run.model, deps)),
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
    joined: await tellJoined(deps, run, start.hasSteps ? await readJoined(db, run.messageId) : []),
    // More than the finished steps left is kept where the cut one goes on.
    kept: start.kept,
    stepStart: steps.at(-1)?.partsEnd ?? run.baseParts ?? 0,
    toolsOff: start.toolsOff ?? [],
  }
}

/** What the model is told first: of the session, or else the server, and of the session's project. */
async function instructionsFor(start: DriveStart, run: Run, deps: RunDeps): Promise<string> {
  const own = start.systemPrompt ?? deps.settings.systemPrompt
  return start.projectId === null
    ? own
    : `${own}${await toldOfProject(deps.database.db, run.userId, start.projectId)}`
}
