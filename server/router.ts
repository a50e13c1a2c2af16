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
import { createResetLink, updateUser } from './commands/people/administer-people.ts'
import { appendMessages } from './commands/messages/append-messages.ts'
import {
  createSession,
  deleteSession,
  importSessions,
  updateSession,
} from './commands/sessions/change-sessions.ts'
import * as fileQueries from './files/queries.ts'
import type { Command } from './commands/command.ts'
import { deletePerson } from './commands/people/delete-account.ts'
import { execute } from './commands/execute.ts'
import { createKey, endKey } from './commands/people/keys.ts'
import { endLogin } from './commands/people/logins.ts'
import { createInvite, revokeInvite } from './commands/people/invitations.ts'
import { forkSession } from './commands/sessions/fork-session.ts'
import { rateAnswer } from './commands/messages/rate-message.ts'
import { continueAnswer } from './commands/answers/continue-answer.ts'
import { regenerateAnswer } from './commands/answers/regenerate-answer.ts'
import { dropPreset, keepPreset } from './commands/sessions/presets.ts'
import { dropProject, keepProject } from './commands/sessions/projects.ts'
import { subscribeDevice, unsubscribeDevice } from './commands/people/push.ts'
import { selectBranch } from './commands/messages/select-branch.ts'
import { editMessage } from './commands/messages/edit-message.ts'
import { sendMessage } from './commands/messages/send-message.ts'
import { answerCall } from './commands/answers/answer-call.ts'
import { answerCalls } from './commands/answers/answer-calls.ts'
import { replyToCall } from './commands/answers/reply-to-call.ts'
import { decideCall, resolveCall } from './commands/answers/settle-call.ts'
import { createShare, revokeShare } from './commands/sessions/share.ts'
import { stopAnyRun } from './commands/answers/stop-any-run.ts'
import { stopRun, unqueueMessage } from './commands/answers/stop-run.ts'
import * as queries from './queries.ts'
import * as sessionQueries from './sessions/queries.ts'
import { mutation, router } from './trpc.ts'
import { answersUsage, dailyUsage, summarizeUsage } from './usage/queries.ts'

/** All procedures of the server. Section 3 of the contract describes each. */
export const appRouter = router({
  me: queries.me,
  sessions: {
    create: command(createSession),
    fork: command(forkSession),
    list: sessionQueries.listSessions,
    tags: sessionQueries.listSessionTags,
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
    append: command(appendMessages),
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
    watch: fileQueries.watchFile,
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
    settings: adminQueries.settings,
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
