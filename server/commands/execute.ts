import { isDuplicate } from '../../db/engine/database-errors.ts'
import { CommandError, notFound } from '../api-error.ts'
import type { Requester } from '../auth/port.ts'
import type { Services } from '../services.ts'
import type { Command, Effect } from './command.ts'
import { CommandTransaction } from './transaction.ts'
import type { CommandDeps } from './transaction.ts'

/** The services that commands and their effects need. */
type CommandServices = CommandDeps &
  Pick<Services, 'database' | 'log' | 'runs' | 'hub' | 'changes' | 'node' | 'logins' | 'push'>

/** Carries a command out. The result is returned after the commit, and the effects begin after it. */
export async function execute<Input, Result>(
  services: CommandServices,
  requester: Requester,
  command: Command<Input, Result>,
  input: Input,
): Promise<Result> {
  const { result, effects } =
    'session' in command
      ? await inTransaction(services, requester, command, input)
      : await command.run(
          {
            database: services.database,
            limits: services.limits,
            known: services.known,
            batches: services.batches,
            ...requester,
            now: services.now,
            newId: services.newId,
          },
          input,
        )
  for (const effect of effects) {
    carryOut(services, effect)
  }
  return result
}

async function inTransaction<Input, Result>(
  services: CommandServices,
  requester: Requester,
  command: Extract<Command<Input, Result>, { session: unknown }>,
  input: Input,
) {
  const { db } = services.database
  const { limits } = services
  const sessionId = await command.session(db, requester.user, input)
  await command.check?.(input)
  if (limits) {
    await command.admit?.({ db, limits, requester }, input)
  }
  const context = { db, sessionId, requester, deps: services, log: services.log }
  const done = await command.runAtOnce?.(context, input)
  if (done) {
    return done
  }
  services.known.forget(sessionId)
  const append = services.log.append(
    sessionId,
    async (writing, log) => {
      const transaction = new CommandTransaction(writing, log, sessionId, requester, services)
      if (!(await transaction.lock())) {
        throw notFound('session')
      }
      return command.run(transaction, input)
    },
    command.urgency,
  )
  return append.catch((error: unknown) => {
    // Only this session is locked, so a command on another session may insert the same id at the same moment.
    throw isDuplicate(error, 'messages_pkey')
      ? new CommandError('CONFLICT', 'This message id is taken. Choose a new one.')
      : error
  })
}

function carryOut(
  { runs, hub, changes, node, logins, push }: CommandServices,
  effect: Effect,
): void {
  switch (effect.type) {
    case 'drive':
      return runs.drive(effect.run)
    case 'stop':
      runs.stop(effect.runId)
      return node.broadcast(effect)
    case 'retry':
      return runs.retry(effect.call)
    case 'replied':
      runs.replied(effect.callId)
      return node.broadcast(effect)
    case 'session-changed':
      changes.touch(effect.sessionId)
      return node.broadcast(effect)
    case 'logins-changed':
      return logins.changed()
    case 'devices-changed':
      return void push.look()
    case 'start-waiting':
      return void runs.startWaiting(effect.userId)
    case 'session-deleted': {
      const { sessionId, userId, runId } = effect
      if (runId) {
        runs.abandon({ id: runId, sessionId })
      }
      hub.close(sessionId)
      changes.deleted(userId, sessionId)
      return node.broadcast(effect)
    }
  }
}
