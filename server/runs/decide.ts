import type { Db } from '../../db/database.ts'
import { updateMessage } from '../../db/messages.ts'
import { wakeRun } from '../../db/run-owners.ts'
import { type Run, findRun } from '../../db/runs.ts'
import { lockSession } from '../../db/sessions.ts'
import { type NewCall, findCall, updateCall } from '../../db/tool-calls.ts'
import type { SessionId } from '../../shared/contract/ids.ts'
import type { ToolCall } from '../../shared/contract/tool.ts'
import type { Appender } from '../log/port.ts'
import type { RunDeps } from './deps.ts'
import { CommandError, type DecideCommand } from './port.ts'
import { readMessage } from './start.ts'

/**
 * Records what a person decided about a call that waits, once.
 *
 * @returns the call as it is now, and what is to be done for it: the run to drive if it waited for this, or, when the
 *   call is apart from its run, the call to carry out
 */
export async function decideCall(
  transaction: Db,
  log: Appender,
  command: DecideCommand,
  sessionId: SessionId,
  { node, now }: Pick<RunDeps, 'node' | 'now'>,
): Promise<{ call: ToolCall; woken: Run | null; again: NewCall | null }> {
  const { userId, callId, decision, reason } = command
  await lockSession(transaction, userId, sessionId)
  const stored = await findCall(transaction, userId, callId)
  if (stored?.call.status !== 'awaiting-approval') {
    throw new CommandError('CONFLICT', 'This call does not wait for a decision, or not any more.')
  }
  if (stored.owner) {
    const again = decidedAgain(stored, command, { owner: node.id, now: now() })
    await updateCall(transaction, again)
    await tellOfCall(transaction, log, again)
    return { call: again.call, woken: null, again: decision === 'approve' ? again : null }
  }
  const call: ToolCall =
    decision === 'approve'
      ? { ...stored.call, status: 'pending' }
      : {
          ...stored.call,
          status: 'denied',
          error: `A person denied this call; it was not carried out.${reason ? ` Reason: ${reason}` : ''}`,
        }
  await updateCall(transaction, { call })
  addCall(log, { ...stored, call })
  const run = await wake(transaction, log, stored, node.id)
  return { call, woken: run, again: null }
}

/** A call that is to be tried again apart from its run: what became of the first time stays open when it is denied. */
function decidedAgain(
  stored: NewCall,
  { decision, reason }: DecideCommand,
  { owner, now }: { owner: string; now: string },
): NewCall {
  const { error: _, ...call } = stored.call
  if (decision === 'approve') {
    return { ...stored, owner, call: { ...call, status: 'running', startedAt: now } }
  }
  const error = `A person did not let this call be tried again. Whether it happened before is not known.${reason ? ` Reason: ${reason}` : ''}`
  return { ...stored, owner: null, call: { ...call, status: 'unknown', error } }
}

/** Gives a waiting run to the node `owner`; null when it is running, or has ended. */
export async function wake(
  transaction: Db,
  log: Appender,
  { runId, messageId, userId }: Pick<NewCall, 'runId' | 'messageId' | 'userId'>,
  owner: string,
): Promise<Run | null> {
  const run = await wakeRun(transaction, runId, owner)
  if (run) {
    await updateMessage(transaction, messageId, { status: 'running' })
    log.add({ type: 'message', message: await readMessage(transaction, userId, messageId) })
  }
  return run
}

/** Tells of a call's new state: as part of its run, or, after that has ended, as a change of the message. */
export async function tellOfCall(transaction: Db, log: Appender, stored: NewCall): Promise<void> {
  const run = await findRun(transaction, stored.runId)
  if (run && (run.status === 'running' || run.status === 'waiting')) {
    addCall(log, stored)
  } else {
    const message = await readMessage(transaction, stored.userId, stored.messageId)
    log.add({ type: 'message', message })
  }
}

function addCall(log: Appender, { call, messageId, part, runId }: NewCall): void {
  log.add({ type: 'tool', messageId, part, call }, runId)
}
