import { findActiveRun, requestStop } from '../../db/runs.ts'
import type { Run } from '../../db/runs.ts'
import { lockSession } from '../../db/sessions.ts'
import type { RunId } from '../../shared/contract/ids.ts'
import type { RunDeps } from './deps.ts'
import { CommandError, type Runs } from './port.ts'
import { clearQueue } from './queue.ts'
import { sendMessage } from './send.ts'
import { RunSupervisor } from './supervisor.ts'

export type RunService = Runs & {
  /** Begins to drive: takes up what a crash left, and keeps this node's lease. */
  start(): Promise<void>
  /** Tells that another attempt has the run. */
  lose(runId: RunId): void
  close(): Promise<void>
}

/** @param compact shortens the log of an ended run */
export function createRuns(deps: RunDeps, compact: (run: Run) => Promise<void>): RunService {
  const supervisor = new RunSupervisor(deps, compact)
  return {
    async send(command) {
      const sent = await deps.log.append(command.sessionId, (transaction, log) =>
        sendMessage(transaction, log, command, deps),
      )
      if (sent.started) {
        supervisor.drive(sent.started)
      }
      if (sent.interrupted) {
        supervisor.stop(sent.interrupted)
      }
      return { messageId: sent.messageId, runId: sent.runId }
    },
    async stop(command) {
      const { userId, sessionId } = command
      const stopped = await deps.log.append(sessionId, async (transaction, log) => {
        const session = await lockSession(transaction, userId, sessionId)
        if (!session) {
          throw new CommandError('NOT_FOUND', 'There is no such session.')
        }
        if (command.clearQueue) {
          await clearQueue(transaction, log, userId, sessionId)
        }
        const active = await findActiveRun(transaction, sessionId)
        if (active) {
          await requestStop(transaction, active.id, deps.now())
        }
        return active?.id ?? null
      })
      if (stopped) {
        supervisor.stop(stopped)
      }
      return { stopped: stopped !== null }
    },
    abandon({ id, sessionId }) {
      supervisor.lose(id)
      deps.log.discard(sessionId, id)
    },
    start: () => supervisor.start(),
    lose: (runId) => supervisor.lose(runId),
    close: () => supervisor.close(),
  }
}
