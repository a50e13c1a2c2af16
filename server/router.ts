import type { TRPCMutationProcedure } from '@trpc/server'
import type {
  Declaration,
  InputOf,
  OutputOf,
  ParsedInputOf,
  RequestDeclaration,
} from '../shared/contract/api/declare.ts'
import { me } from './auth/queries.ts'
import type { Command } from './commands/command.ts'
import { createSession } from './commands/create-session.ts'
import { createShare } from './commands/create-share.ts'
import { decideCall } from './commands/decide-call.ts'
import { deleteSession } from './commands/delete-session.ts'
import { editMessage } from './commands/edit-message.ts'
import { execute } from './commands/execute.ts'
import { importSessions } from './commands/import-sessions.ts'
import { regenerateAnswer } from './commands/regenerate-answer.ts'
import { resolveCall } from './commands/resolve-call.ts'
import { revokeShare } from './commands/revoke-share.ts'
import { selectBranch } from './commands/select-branch.ts'
import { sendMessage } from './commands/send-message.ts'
import { stopRun } from './commands/stop-run.ts'
import { unqueueMessage } from './commands/unqueue-message.ts'
import { updateSession } from './commands/update-session.ts'
import { listMessages } from './messages/queries.ts'
import { listModels } from './model/queries.ts'
import {
  exportFile,
  findInSessions,
  getSession,
  listSessions,
  readLog,
  readSession,
  sessionChanges,
  watchSession,
} from './sessions/queries.ts'
import { getShared, listShares } from './shares/queries.ts'
import { listTools, toolChanges } from './tools/queries.ts'
import { mutation, router } from './trpc.ts'
import { dailyUsage, summarizeUsage } from './usage/queries.ts'

/** Every procedure of the server; CONTRACT section 3 says what each takes and gives. */
export const appRouter = router({
  me,
  sessions: {
    create: command(createSession),
    list: listSessions,
    search: findInSessions,
    get: getSession,
    read: readSession,
    update: command(updateSession),
    delete: command(deleteSession),
    log: readLog,
    export: exportFile,
    import: command(importSessions),
    watch: watchSession,
    changes: sessionChanges,
  },
  messages: {
    list: listMessages,
    send: command(sendMessage),
    edit: command(editMessage),
    regenerate: command(regenerateAnswer),
    select: command(selectBranch),
    unqueue: command(unqueueMessage),
  },
  runs: { stop: command(stopRun) },
  shares: {
    create: command(createShare),
    list: listShares,
    revoke: command(revokeShare),
    get: getShared,
  },
  tools: {
    list: listTools,
    changes: toolChanges,
    decide: command(decideCall),
    resolve: command(resolveCall),
  },
  models: { list: listModels },
  usage: { summary: summarizeUsage, daily: dailyUsage },
})

export type AppRouter = typeof appRouter

/** The procedure of a command. */
function command<D extends RequestDeclaration, Result>(
  given: Command<ParsedInputOf<D>, Result> & { declaration: D },
): TRPCMutationProcedure<{ meta: Declaration; input: InputOf<D>; output: OutputOf<D, Result> }> {
  return mutation(given.declaration, ({ services, user }, input) =>
    execute(services, user, given, input),
  )
}
