import type { TRPCMutationProcedure } from '@trpc/server'
import type {
  AnswerOf,
  Declaration,
  InputOf,
  OutputOf,
  ParsedInputOf,
  RequestDeclaration,
} from '../shared/contract/api/declare.ts'
import { account } from '../shared/contract/api/account.ts'
import { adminUsers } from '../shared/contract/api/admin.ts'
import { mcp } from '../shared/contract/api/mcp.ts'
import { notFound } from './api-error.ts'
import * as accountQueries from './account/queries.ts'
import { exportAudit, readAudit } from './admin/audit-log.ts'
import * as adminQueries from './admin/queries.ts'
import { createResetLink, updateUser } from './commands/administer-people.ts'
import {
  createSession,
  deleteSession,
  importSessions,
  updateSession,
} from './commands/change-sessions.ts'
import * as fileQueries from './files/queries.ts'
import type { Command } from './commands/command.ts'
import { deletePerson } from './commands/delete-account.ts'
import { execute } from './commands/execute.ts'
import { createKey, endKey } from './commands/keys.ts'
import { endLogin } from './commands/logins.ts'
import { createInvite, revokeInvite } from './commands/invitations.ts'
import { forkSession } from './commands/fork-session.ts'
import { rateAnswer } from './commands/rate-message.ts'
import { continueAnswer } from './commands/continue-answer.ts'
import { regenerateAnswer } from './commands/regenerate-answer.ts'
import { dropPreset, keepPreset } from './commands/presets.ts'
import { dropProject, keepProject } from './commands/projects.ts'
import { subscribeDevice, unsubscribeDevice } from './commands/push.ts'
import { selectBranch } from './commands/select-branch.ts'
import { editMessage } from './commands/edit-message.ts'
import { sendMessage } from './commands/send-message.ts'
import { answerCall } from './commands/answer-call.ts'
import { answerCalls } from './commands/answer-calls.ts'
import { replyToCall } from './commands/reply-to-call.ts'
import { decideCall, resolveCall } from './commands/settle-call.ts'
import { createShare, revokeShare } from './commands/share.ts'
import { stopAnyRun } from './commands/stop-any-run.ts'
import { stopRun, unqueueMessage } from './commands/stop-run.ts'
import * as queries from './queries.ts'
import * as sessionQueries from './sessions/queries.ts'
import { mutation, router } from './trpc.ts'
import { answersUsage, dailyUsage, summarizeUsage } from './usage/queries.ts'

/** Every procedure of the server; CONTRACT section 3 says what each takes and gives. */
export const appRouter = router({
  me: queries.me,
  sessions: {
    create: command(createSession),
    fork: command(forkSession),
    list: sessionQueries.listSessions,
    search: sessionQueries.findInSessions,
    get: sessionQueries.getSession,
    read: sessionQueries.readSession,
    update: command(updateSession),
    delete: command(deleteSession),
    log: sessionQueries.readLog,
    export: sessionQueries.exportFile,
    import: command(importSessions),
    watch: sessionQueries.watchSession,
    changes: sessionQueries.sessionChanges,
  },
  messages: {
    list: queries.listMessages,
    send: command(sendMessage),
    edit: command(editMessage),
    regenerate: command(regenerateAnswer),
    continue: command(continueAnswer),
    rate: command(rateAnswer),
    select: command(selectBranch),
    unqueue: command(unqueueMessage),
  },
  files: {
    list: fileQueries.listFiles,
    get: fileQueries.getFile,
    delete: fileQueries.deleteFile,
  },
  runs: { stop: command(stopRun) },
  shares: {
    create: command(createShare),
    list: queries.listShares,
    revoke: command(revokeShare),
    get: queries.getShared,
  },
  tools: {
    list: queries.listTools,
    changes: queries.toolChanges,
    decide: command(decideCall),
    resolve: command(resolveCall),
    answer: command(answerCall),
    answerAll: command(answerCalls),
    reply: command(replyToCall),
  },
  mcp: {
    servers: queries.listMcpServers,
    signOut: mutation(mcp.signOut, async ({ services, user }, { server }) => {
      if (!(await services.mcp?.signOut(user.id, server))) throw notFound('MCP server')
      return { server }
    }),
    prompts: queries.listMcpPrompts,
    prompt: queries.fillMcpPrompt,
  },
  models: { list: queries.listModels },
  usage: { summary: summarizeUsage, daily: dailyUsage, answers: answersUsage },
  presets: {
    list: queries.listPresets,
    save: command(keepPreset),
    delete: command(dropPreset),
  },
  projects: {
    list: queries.listProjects,
    save: command(keepProject),
    delete: command(dropProject),
  },
  push: {
    key: queries.pushKey,
    subscribe: command(subscribeDevice),
    unsubscribe: command(unsubscribeDevice),
  },
  keys: { list: accountQueries.listKeys, create: command(createKey), revoke: command(endKey) },
  logins: { list: accountQueries.listLogins, revoke: command(endLogin) },
  auth: { options: queries.signInOptions },
  account: {
    export: sessionQueries.exportAccount,
    delete: mutation(account.delete, async ({ services, user, address }) => {
      await deletePerson(services, user.id, { user, address: address ?? null })
      return { deleted: true as const }
    }),
  },
  admin: {
    users: {
      list: adminQueries.listUsers,
      update: command(updateUser),
      resetLink: createResetLink,
      delete: mutation(adminUsers.delete, async ({ services, user, address }, { id }) => {
        await deletePerson(services, id, { user, address: address ?? null })
        return { id }
      }),
    },
    invites: {
      create: createInvite,
      list: adminQueries.listInvites,
      revoke: command(revokeInvite),
    },
    runs: { list: adminQueries.listRuns, stop: stopAnyRun },
    usage: adminQueries.usageOfAll,
    nodes: adminQueries.nodes,
    limits: adminQueries.limits,
    audit: readAudit,
    exportAudit,
  },
})

export type AppRouter = typeof appRouter

/** The procedure of a command. */
function command<D extends RequestDeclaration, Result extends AnswerOf<D>>(
  given: Command<ParsedInputOf<D>, Result> & { declaration: D },
): TRPCMutationProcedure<{ meta: Declaration; input: InputOf<D>; output: OutputOf<D, Result> }> {
  return mutation(given.declaration, ({ services, user, login, address }, input) =>
    execute(services, { user, login, address: address ?? null }, given, input),
  )
}
