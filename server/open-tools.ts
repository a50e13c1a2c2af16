import type { Database } from '../db/engine/database.ts'
import { findReadableFile } from '../db/queries/files/files.ts'
import { findProfile } from '../db/queries/users.ts'
import type { AppOptions } from './app-options.ts'
import type { openImageMaker, openMcpServers } from './open-resources.ts'
import { searchSessions } from './sessions/search.ts'
import { OFF } from './telemetry/telemetry.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import { traceTools } from './telemetry/traced.ts'
import { builtinTools } from './tools/builtin.ts'
import { createToolRegistry } from './tools/registry.ts'

type ToolDeps = {
  database: Database
  images: ReturnType<typeof openImageMaker>
  mcpServers: Awaited<ReturnType<typeof openMcpServers>>
  telemetry: Telemetry
  newId(): string
}

/** The tools of this server: the chosen built-in ones, the application's, and those of MCP servers. */
export function openTools(
  { config, logger, clock, tools: own = [] }: AppOptions,
  { database, images, mcpServers, telemetry, newId }: ToolDeps,
) {
  const { db } = database
  const builtin = builtinTools({
    loadProfile: (id) => findProfile(db, id),
    search: (userId, query, limit) => searchSessions(db, userId, query, limit),
    loadFile: (userId, file) => findReadableFile(db, userId, file),
    now: clock ?? Date.now,
    images,
    fetchUrls: config.tools.fetchUrls,
  }).filter(({ name }) => config.tools.builtin.some((chosen) => chosen === name))
  const registry = createToolRegistry([...builtin, ...own], {
    timeoutMs: config.tools.timeoutMs,
    newId,
    ...(mcpServers && { source: mcpServers }),
    onTooMany: (names) =>
      logger.warn(
        { count: names.length, tools: names.slice(0, 20) },
        'there are more tools than providers take: the model is not offered these',
      ),
  })
  return telemetry === OFF ? registry : traceTools(registry, telemetry)
}
