import type { StoredCall } from '../../db/tool-calls.ts'
import { CallId } from '../../shared/contract/ids.ts'
import type { ToolCall } from '../../shared/contract/tool.ts'
import type { ToolContext, ToolOutcome } from '../tools/port.ts'
import type { RunDeps, RunSignals } from './deps.ts'
import type { RunRecorder } from './recorder.ts'
import type { AskedCall } from './step.ts'

type CallDeps = Pick<RunDeps, 'tools' | 'now' | 'newId'>

/**
 * What the model asked for, as it is recorded: running, or failed already when there is no such tool or the arguments
 * do not fit, so that the model can try again.
 */
export function newCall(
  { tools, now, newId }: CallDeps,
  asked: AskedCall,
): Omit<StoredCall, 'step' | 'part'> {
  const parsed = tools.parse(asked.name, asked.arguments)
  const info = tools.list().find(({ name }) => name === asked.name)
  const known: Pick<ToolCall, 'id' | 'name' | 'source' | 'effect'> = {
    id: CallId.parse(newId()),
    name: asked.name,
    source: info?.source ?? 'builtin',
    effect: info?.effect ?? 'once',
  }
  return {
    providerId: asked.providerId,
    arguments: asked.arguments,
    call: parsed.ok
      ? { ...known, status: 'running', input: parsed.input, startedAt: now() }
      : { ...known, status: 'failed', input: readable(asked.arguments), error: parsed.error },
  }
}

/** Carries out one recorded call and records its result; throws when the run is lost meanwhile. */
export async function carryOut(
  stored: StoredCall,
  recorder: RunRecorder,
  deps: CallDeps,
  caller: ToolContext['caller'],
  { stop, lose }: RunSignals,
): Promise<StoredCall> {
  const { call } = stored
  if (stop.aborted) {
    return recorder.call(stored, {
      ...call,
      status: 'failed',
      error: 'The answer was stopped before this call began.',
    })
  }
  const startedAt = call.startedAt ?? deps.now()
  const signal = AbortSignal.any([stop, lose])
  const outcome = await deps.tools.execute(call.name, call.input, {
    caller,
    callId: call.id,
    signal,
  })
  lose.throwIfAborted()
  const durationMs = Math.max(0, Date.parse(deps.now()) - Date.parse(startedAt))
  return recorder.call(stored, { ...settled(call, outcome), startedAt, durationMs })
}

/**
 * A call that a crash cut, as the next attempt takes it up: what may be repeated runs again under the same id, what
 * must not start twice has an outcome that nobody knows.
 */
export function recovered(call: ToolCall): ToolCall {
  return call.status === 'running' && call.effect === 'once'
    ? {
        ...call,
        status: 'unknown',
        error:
          'The server stopped while this call was running. Whether it happened is not known; it was not repeated.',
      }
    : call
}

function settled(call: ToolCall, outcome: ToolOutcome): ToolCall {
  if (outcome.ok) {
    return { ...call, status: 'completed', output: outcome.output }
  }
  // A call that was under way when it was stopped, or when its time was over, may have happened all the same.
  const hidden =
    call.effect === 'once' && (outcome.kind === 'stopped' || outcome.kind === 'timeout')
  return hidden
    ? { ...call, status: 'unknown', error: `${outcome.error} Whether it happened is not known.` }
    : { ...call, status: 'failed', error: outcome.error }
}

/** The arguments as JSON where they are JSON, else as the text they are. */
function readable(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
