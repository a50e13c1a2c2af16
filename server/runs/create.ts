import type { Run } from '../../db/runs.ts'
import { findActiveRun, requestStop } from '../../db/runs.ts'
import { lockSession } from '../../db/sessions.ts'
import { type NewCall, findCall } from '../../db/tool-calls.ts'
import type { CallId, RunId, UserId } from '../../shared/contract/ids.ts'
import { decideCall, wake } from './decide.ts'
import type { RunDeps } from './deps.ts'
import { CommandError, type Runs, type StopCommand } from './port.ts'
import { editQueued, requireMessage, unqueue } from './queue.ts'
import { regenerate, selectBranch } from './regenerate.ts'
import { resolveCall, tryAgain } from './resolve.ts'
import { type Sent, sendMessage } from './send.ts'
import { RunSupervisor } from './supervisor.ts'

export type RunService = Runs & {
  /** Begins to drive: takes up what a crash, here or elsewhere, left. */
  start(): Promise<void>
  /** Stops a run if this node drives it: another node was told to. */
  stopped(runId: RunId): void
  /** Looks for runs that nobody drives: another node gave some up. */
  sweep(): Promise<void>
  /** Tells that another attempt has the run. */
  lose(runId: RunId): void
  close(): Promise<void>
}

/** @param compact shortens the log of an ended run */
export function createRuns(deps: RunDeps, compact: (run: Run) => Promise<void>): RunService {
  const supervisor = new RunSupervisor(deps, compact)
  const closing = new AbortController()
  const stopEverywhere = (runId: RunId) => {
    supervisor.stop(runId)
    deps.node.tell({ type: 'stop', runId })
  }

  const carryOutAgain = (call: NewCall) => {
    tryAgain(call, deps, closing.signal).catch((error: unknown) =>
      deps.onError(error, 'a call that was tried again could not be recorded'),
    )
  }

  const afterSend = (sent: Sent) => {
    if (sent.started) {
      supervisor.drive(sent.started)
    } else if (sent.interrupted) {
      stopEverywhere(sent.interrupted)
    }
    return { messageId: sent.messageId, runId: sent.runId }
  }

  const service: RunService = {
    async send(command) {
      return afterSend(
        await deps.log.append(command.sessionId, (transaction, log) =>
          sendMessage(transaction, log, command, deps),
        ),
      )
    },

    async regenerate(command) {
      const { sessionId } = await requireMessage(deps.database.db, command.userId, command.id)
      const sent = await deps.log.append(sessionId, (transaction, log) =>
        regenerate(transaction, log, command, sessionId, deps),
      )
      return afterSend(sent)
    },

    async select(command) {
      const { sessionId } = await requireMessage(deps.database.db, command.userId, command.id)
      await deps.log.append(sessionId, (transaction, log) =>
        selectBranch(transaction, log, command, sessionId),
      )
    },

    async edit({ userId, id, newId, text, onlyQueued }) {
      const message = await requireMessage(deps.database.db, userId, id)
      if (message.role !== 'user') {
        throw new CommandError('BAD_REQUEST', 'Only what a person wrote can be edited.')
      }
      const { sessionId, parentId } = message
      const edited = await deps.log.append(sessionId, (transaction, log) =>
        editQueued(transaction, log, message, userId, text),
      )
      if (!edited && onlyQueued) {
        throw new CommandError(
          'CONFLICT',
          'This message does not wait any more: it is being answered, or was.',
        )
      }
      return (
        edited ??
        service.send({ userId, sessionId, id: newId, text, parentId, whenBusy: 'interrupt' })
      )
    },

    async unqueue({ userId, id }) {
      const { sessionId } = await requireMessage(deps.database.db, userId, id)
      await deps.log.append(sessionId, async (transaction, log) => {
        await lockSession(transaction, userId, sessionId)
        if ((await unqueue(transaction, log, userId, sessionId, id)) === 0) {
          throw new CommandError(
            'CONFLICT',
            'This message does not wait any more: it is being answered, or was.',
          )
        }
      })
    },

    async stop(command) {
      const { stopped, woken } = await stopActive(deps, command)
      if (woken) {
        supervisor.drive(woken)
      } else if (stopped) {
        stopEverywhere(stopped)
      }
      return { stopped: stopped !== null }
    },

    async decide(command) {
      const { sessionId } = await requireCall(deps, command)
      const { call, woken, again } = await deps.log.append(sessionId, (transaction, log) =>
        decideCall(transaction, log, command, sessionId, deps),
      )
      if (woken) {
        supervisor.drive(woken)
      }
      if (again) {
        carryOutAgain(again)
      }
      return call
    },

    async resolve(command) {
      const { sessionId } = await requireCall(deps, command)
      const stored = await deps.log.append(sessionId, (transaction, log) =>
        resolveCall(transaction, log, command, sessionId, deps),
      )
      if (stored.call.status === 'running') {
        carryOutAgain(stored)
      }
      return stored.call
    },

    abandon({ id, sessionId }) {
      supervisor.lose(id)
      deps.log.discard(sessionId, id)
    },
    async start() {
      await supervisor.start()
    },
    stopped: (runId) => supervisor.stop(runId),
    sweep: () => supervisor.sweep(),
    lose: (runId) => supervisor.lose(runId),
    close: () => {
      closing.abort()
      return supervisor.close()
    },
  }
  return service
}

/** Records that the active run is to stop; one that waits for a person is woken for it. */
async function stopActive(deps: RunDeps, { userId, sessionId, runId, clearQueue }: StopCommand) {
  return deps.log.append(sessionId, async (transaction, log) => {
    if (!(await lockSession(transaction, userId, sessionId))) {
      throw new CommandError('NOT_FOUND', 'There is no such session.')
    }
    if (clearQueue) {
      await unqueue(transaction, log, userId, sessionId)
    }
    const active = await findActiveRun(transaction, sessionId)
    if (!active || (runId && active.id !== runId)) {
      return { stopped: null, woken: null }
    }
    await requestStop(transaction, active.id, deps.now())
    const woken = await wake(transaction, log, { ...active, runId: active.id }, deps.node.id)
    return { stopped: active.id, woken }
  })
}

async function requireCall(deps: RunDeps, { userId, callId }: { userId: UserId; callId: CallId }) {
  const call = await findCall(deps.database.db, userId, callId)
  if (!call) {
    throw new CommandError('NOT_FOUND', 'There is no such call.')
  }
  return call
}
