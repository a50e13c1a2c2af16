import type { ToolCall } from '../../shared/contract/tool.ts'
import type { Run } from '../../db/queries/runs/runs.ts'
import { idsOfRun } from '../log-ids.ts'
import type { RunDeps } from './deps.ts'
import type { Ending } from './run.ts'
import type { StepResult } from './step.ts'

/** Names of models and tools that this server knows, codes and numbers: an unknown tool's name is the model's own words. */
type Known = Pick<RunDeps, 'logger' | 'tools'>

/** The same, so that every line names the run. */
export function linesOf(run: Run, deps: Pick<RunDeps, 'logger' | 'onError'>) {
  const ids = idsOfRun(run)
  const lines: typeof deps = {
    logger: deps.logger.child(ids),
    onError: (error, what, about) => deps.onError(error, what, { ...ids, ...about }),
  }
  return lines
}

/** Says at `debug` how a step went. @param since when it was asked for, by `performance.now()` */
export function logStep(
  { logger }: Pick<RunDeps, 'logger'>,
  step: number,
  { end, model, usage }: Pick<StepResult, 'end' | 'model' | 'usage'>,
  since: number,
): void {
  const durationMs = Math.round(performance.now() - since)
  const how = end.type === 'failed' ? { code: end.error.code } : {}
  const tokens = usage && { inputTokens: usage.inputTokens, outputTokens: usage.outputTokens }
  logger.debug({ step, model, end: end.type, ...how, durationMs, ...tokens }, 'the model was asked')
}

/** Says how a call of a tool came out, once it has. */
export function logCall({ logger, tools }: Known, call: ToolCall): void {
  const { id, status, durationMs } = call
  const isFailed = status === 'failed' || status === 'unknown'
  if (!isFailed && status !== 'completed') return
  const tool = tools.info(call.name) && { tool: call.name }
  const line = { call: id, ...tool, status, ...(durationMs !== undefined && { durationMs }) }
  if (isFailed) logger.info(line, 'a call of a tool failed')
  else logger.debug(line, 'a call of a tool ended')
}

/** Says how an answer ended; at `warn` where its person did not get it. */
export function logEnd({ logger }: Pick<RunDeps, 'logger'>, { outcome, error }: Ending): void {
  const line = { outcome, ...(error && { code: error.code }) }
  if (outcome === 'failed' || outcome === 'interrupted') logger.warn(line, 'an answer failed')
  else logger.debug(line, 'an answer ended')
}
