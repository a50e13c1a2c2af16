import { TRPCError } from '@trpc/server'
import * as presetTable from '../db/queries/belongings/presets.ts'
import * as projectTable from '../db/queries/belongings/projects.ts'
import { readBranch } from '../db/queries/messages/branches.ts'
import { findMessage } from '../db/queries/messages/messages.ts'
import * as shareTable from '../db/queries/sessions/shares.ts'
import { findUser } from '../db/queries/users.ts'
import { auth } from '../shared/contract/api/auth.ts'
import { presets, projects, push } from '../shared/contract/api/belongings.ts'
import { mcp } from '../shared/contract/api/mcp.ts'
import { messages } from '../shared/contract/api/messages.ts'
import * as people from '../shared/contract/api/people.ts'
import { shares } from '../shared/contract/api/sessions.ts'
import { models, tools } from '../shared/contract/api/tools.ts'
import { notFound } from './api-error.ts'
import type { Services } from './services.ts'
import { followTools } from './tools/changes.ts'
import { procedure, query } from './trpc.ts'
import { withReadFiles } from './shares/read-files.ts'
import { withoutQuestions } from './shares/shared-parts.ts'
import { typedMessages } from './typed-calls.ts'

export const me = query(people.me, async ({ services, user }) => {
  const row = await findUser(services.database.db, user.id)
  if (!row) {
    throw notFound('user')
  }
  const { id, name, email, role } = row
  return { id, name, email, role, createdAt: row.created_at }
})

export const signInOptions = query(auth.options, async ({ services, login }) => ({
  ...services.signIn,
  login: login?.kind ?? null,
}))

/** The longest page in UTF-16 units of JSON. A page has at least one message. */
const MAX_PAGE_LENGTH = 1024 * 1024

export const listMessages = query(
  messages.list,
  async ({ services, user }, { sessionId, before, limit }) => {
    const { db } = services.database
    if (!before) {
      const snapshot = await services.reader.snapshot(user.id, sessionId, limit)
      if (!snapshot) {
        throw notFound('session')
      }
      return {
        messages: typedMessages(snapshot.event.messages, services.tools),
        hasOlder: snapshot.event.hasOlder,
      }
    }
    const newer = await findMessage(db, user.id, before)
    if (newer?.message.sessionId !== sessionId) {
      throw notFound('message in this session')
    }
    const { parentId } = newer.message
    if (!parentId) {
      return { messages: [], hasOlder: false }
    }
    const page = await readBranch(db, {
      sessionId,
      leaf: parentId,
      limit,
      maxLength: MAX_PAGE_LENGTH,
      countsOutputs: true,
    })
    return {
      messages: typedMessages(
        page.messages.map(({ message }) => message),
        services.tools,
      ),
      hasOlder: page.hasOlder,
    }
  },
)

export const listShares = query(shares.list, async ({ services, user }, { sessionId }) => ({
  shares: await shareTable.listShares(services.database.db, user.id, sessionId ?? null),
}))

export const getShared = query(shares.get, async ({ services }, { token }) => {
  const shared = await shareTable.findShared(services.database.db, token)
  if (!shared) {
    throw notFound('share')
  }
  // Snapshots of an earlier version may have them.
  const messages = withoutQuestions(shared.messages)
  return { ...shared, messages: await withReadFiles(services.database.db, token, messages) }
})

export const listPresets = query(presets.list, ({ services, user }) =>
  presetTable.listPresets(services.database.db, user.id),
)

export const listProjects = query(projects.list, ({ services, user }) =>
  projectTable.listProjects(services.database.db, user.id),
)

export const pushKey = query(push.key, async ({ services }) => ({
  publicKey: services.push.publicKey,
}))

export const listTools = query(tools.list, async ({ services, user }) =>
  services.tools.list(user.id),
)

export const listMcpServers = query(
  mcp.servers,
  async ({ services, user }) => (await services.mcp?.describe(user.id)) ?? [],
)

export const listMcpPrompts = query(
  mcp.prompts,
  async ({ services, user }) => (await services.mcp?.prompts(user.id)) ?? [],
)

export const fillMcpPrompt = query(
  mcp.prompt,
  async ({ services, user }, { server, name, arguments: gaps }) => {
    const text = await services.mcp
      ?.prompt(user.id, { server, name, gaps })
      .catch((error: unknown) => {
        const message = error instanceof Error ? error.message : 'The server refused.'
        throw new TRPCError({ code: 'BAD_REQUEST', message: message.slice(0, 500) })
      })
    if (text === null || text === undefined) throw notFound('MCP server')
    return { text }
  },
)

export const toolChanges = procedure.meta(tools.changes).subscription(async function* ({
  ctx: { services, drained },
  signal,
}) {
  yield* followTools(services.tools, signal ?? new AbortController().signal, drained)
})

async function priceOf({ catalog }: Pick<Services, 'catalog'>, model: string) {
  const input = await catalog.cost(model, { inputTokens: 1_000_000, outputTokens: 0 })
  const output = await catalog.cost(model, { inputTokens: 0, outputTokens: 1_000_000 })
  return input === null || output === null ? {} : { usdPerMillionTokens: { input, output } }
}

export const listModels = query(models.list, async ({ services }) => {
  try {
    const listed = await services.catalog.list()
    return await Promise.all(
      listed.map(async (model) => ({
        ...model,
        // The demo model lists the files that it gets, and sees no pictures.
        ...(services.model.kind === 'demo' && { sees: false }),
        ...(await priceOf(services, model.id)),
        default: model.id === services.defaultModel,
      })),
    )
  } catch (cause) {
    throw new TRPCError({
      code: 'BAD_GATEWAY',
      message: cause instanceof Error ? cause.message : 'The model endpoint could not be asked.',
      cause,
    })
  }
})
