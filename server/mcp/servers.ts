import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { aborted } from '../concurrency/wakeup.ts'
import type { ToolSource } from '../tools/tool.ts'
import type { McpServerConfig } from './config.ts'
import { prefixOf } from './names.ts'
import { McpServer } from './server.ts'
import type { McpTimeouts } from './timeouts.ts'

const TIMES: McpTimeouts = {
  connectMs: 30_000,
  pingMs: 10_000,
  idleMs: 30_000,
  retryMs: 1_000,
  longestRetryMs: 60_000,
  relistMs: 1_000,
}
/**
 * The longest wait of a call for a server that is connecting, and of a run for servers that are not connected yet after
 * the start, or are reconnecting.
 */
const CONNECT_WAIT_MS = 10_000

export type McpServers = ToolSource & AsyncDisposable

/**
 * The servers of the operator's configuration as a source of tools. The tools of a server are available while it is
 * connected.
 */
export function startMcpServers(
  configs: readonly McpServerConfig[],
  { logger, times }: { logger: Logger; times?: Partial<McpTimeouts> | undefined },
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
  const patience = (signal: AbortSignal) =>
    aborted(AbortSignal.any([signal, AbortSignal.timeout(CONNECT_WAIT_MS)]))
  // Only counted from the start of this process: a server that is away later delays nothing.
  let isStarting = true
  const started = Promise.race([
    Promise.all(servers.map((server) => server.untilSettled())),
    delay(CONNECT_WAIT_MS, undefined, { ref: false }),
  ]).then(() => {
    isStarting = false
  })
  const whyAway = ({ config, state }: McpServer): string | null => {
    switch (state.phase) {
      case 'ready':
        return null
      case 'connecting':
        return `The MCP server "${config.name}" is not connected yet.`
      case 'down':
        return `The MCP server "${config.name}" is not there: ${state.reason}.`
    }
  }
  const tools = () => servers.flatMap((server) => server.tools)

  return {
    tools,
    whyAbsent: (name) => {
      const server = ownerOf(name)
      if (!server) return null
      const away = whyAway(server)
      if (away) return away
      const names = server.tools.map((tool) => tool.name).join(', ') || 'none'
      return `The MCP server "${server.config.name}" has no tool "${name.slice(0, 100)}". Its tools: ${names}.`
    },
    untilPresent: async (name, signal) => {
      const server = ownerOf(name)
      if (!server || server.tools.some((tool) => tool.name === name)) return
      const waited = new AbortController()
      await Promise.race([
        server.untilSettled(),
        patience(AbortSignal.any([signal, waited.signal])),
      ])
      waited.abort()
    },
    untilSettled: async (signal) => {
      if (!isStarting) return
      const waited = new AbortController()
      await Promise.race([started, patience(AbortSignal.any([signal, waited.signal]))])
      waited.abort()
    },
    unsettled: () => ({
      isWaiting: isStarting,
      reasons: servers.map(whyAway).filter((why) => why !== null),
    }),
    untilBack: async (names, signal) => {
      const isComing = (name: string) => {
        const server = ownerOf(name)
        return server !== undefined && whyAway(server) !== null
      }
      const waited = new AbortController()
      let over = false
      const patient = patience(AbortSignal.any([signal, waited.signal])).then(() => {
        over = true
      })
      while (!over && names.some(isComing)) {
        const changed = Promise.withResolvers<void>()
        listeners.add(changed.resolve)
        await Promise.race([changed.promise, patient])
        listeners.delete(changed.resolve)
      }
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
