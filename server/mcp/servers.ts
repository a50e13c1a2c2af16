import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { ToolSource } from '../tools/port.ts'
import type { McpServerConfig } from './config.ts'
import { prefixOf } from './names.ts'
import { McpServer } from './server.ts'
import type { McpTimes } from './times.ts'

const TIMES: McpTimes = {
  connectMs: 30_000,
  pingMs: 10_000,
  idleMs: 30_000,
  retryMs: 1_000,
  longestRetryMs: 60_000,
  relistMs: 1_000,
}
/** How long a call waits for a server that is being connected to. Milliseconds. */
const PATIENCE = 10_000

export type McpServers = ToolSource & AsyncDisposable

/**
 * The servers of the operator's file, as a source of tools: those of one that is not there are not there, and are back
 * when it is.
 */
export function startMcpServers(
  configs: readonly McpServerConfig[],
  { logger, times }: { logger: Logger; times?: Partial<McpTimes> | undefined },
): McpServers {
  const listeners = new Set<() => void>()
  const onChange = () => {
    for (const listener of listeners) listener()
  }
  const servers = configs.map(
    (config) => new McpServer({ config, logger, times: { ...TIMES, ...times }, onChange }),
  )
  const ownerOf = (name: string) =>
    servers.find(({ config }) => name.startsWith(prefixOf(config.name)))
  const tools = () => servers.flatMap((server) => server.tools)

  return {
    tools,
    whyAbsent: (name) => {
      const server = ownerOf(name)
      if (!server) return null
      const { state, config } = server
      switch (state.phase) {
        case 'ready': {
          const names = server.tools.map((tool) => tool.name).join(', ') || 'none'
          return `The MCP server "${config.name}" has no tool "${name.slice(0, 100)}". Its tools: ${names}.`
        }
        case 'connecting':
          return `The MCP server "${config.name}" is not connected yet.`
        case 'down':
          return `The MCP server "${config.name}" is not there: ${state.reason}.`
      }
    },
    untilPresent: async (name, signal) => {
      const server = ownerOf(name)
      if (!server || server.tools.some((tool) => tool.name === name)) return
      const waited = new AbortController()
      const patience = delay(PATIENCE, undefined, {
        signal: AbortSignal.any([signal, waited.signal]),
      }).catch(() => undefined)
      await Promise.race([server.untilSettled(), patience])
      waited.abort()
    },
    onChange: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(servers.map((server) => server.close()))
    },
  }
}
