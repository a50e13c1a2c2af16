import type { Run } from '../../db/queries/runs/runs.ts'
import type { StoredCall } from '../../db/queries/messages/call-rows.ts'
import { isWithClient } from '../../shared/session/waiting-call.ts'
import type { CallContext } from '../tools/registry.ts'
import { askedFirst, begin, carryOut, isOpen, isSettled, neverBegan } from './calls.ts'
import type { RunDeps } from './deps.ts'
import type { CallRecorder } from './recording/call-recorder.ts'
import { ProgressRecord } from './recording/progress.ts'
import { askPerson } from './recording/questions.ts'

/** The most waits for the source of a tool that carries a call out as a task. The source sets the length of each. */
const TASK_WAITS = 6

type Drive = {
  run: Run
  deps: RunDeps
  caller: CallContext['caller']
  recorder: CallRecorder
  /** Aborts when the run is not this node's any more. */
  lose: AbortSignal
  /** Aborts when no call may go on: the run is stopped, or is not this node's any more. */
  endOfCalls: AbortSignal
  isStopping(): boolean
}

/**
 * Carries out an open call of a run, and records each of its states. It is recorded as waiting instead if its tool needs
 * an approval now.
 *
 * @returns the call as it was recorded last, and whether the run was being stopped before the call was carried out
 */
export async function settleCall(
  stored: StoredCall,
  { run, deps, caller, recorder, lose, endOfCalls, isStopping }: Drive,
): Promise<{ call: StoredCall; isStopped: boolean }> {
  let now = stored
  if (isOpen(stored) && !isStopping()) {
    // Right after the start of the process, connections to the servers that offer tools are still being made.
    await deps.tools.prepare(run.userId, endOfCalls)
    await deps.tools.untilPresent(stored.call.name, endOfCalls)
    // A task goes on while its server cannot be reached, so its result is worth a longer wait.
    for (let waits = 0; stored.task && waits < TASK_WAITS; waits += 1) {
      if (deps.tools.info(stored.call.name) || endOfCalls.aborted) break
      await deps.tools.untilBack([stored.call.name], endOfCalls)
    }
    lose.throwIfAborted()
  }
  if (!isStopping()) {
    if (now.call.status === 'pending') {
      now = await recorder.call(begin(now, deps))
    }
    // The tool may have changed during that write, or since the attempt that a crash cut, so its approval is checked
    // again.
    const again = now.call.status === 'running' ? askedFirst(now, deps.tools) : null
    if (again) {
      now = await recorder.call(again)
    }
  }
  const isStopped = isStopping()
  if (isStopped && !isSettled(now) && (now.call.status !== 'running' || isWithClient(now.call))) {
    now = await recorder.call({ ...now, call: neverBegan(now.call) })
  }
  if (now.call.status === 'running') {
    const current = now
    await using progress = new ProgressRecord(current, recorder)
    const call = await carryOut(
      current.call,
      deps,
      {
        caller,
        run: { sessionId: run.sessionId, keyId: run.keyId },
        signal: endOfCalls,
        onProgress: (reached) => progress.record(reached),
        ask: (asked, over = endOfCalls) =>
          askPerson(asked, current, {
            recorder,
            deps,
            over: AbortSignal.any([over, endOfCalls]),
          }),
        task: {
          known: current.task ?? null,
          goesOn: () => lose.aborted,
          record: (task) => recorder.task(current.call.id, task),
        },
      },
      Boolean(current.task),
    )
    lose.throwIfAborted()
    await progress.close()
    now = await recorder.call({ ...current, call })
  }
  return { call: now, isStopped }
}
