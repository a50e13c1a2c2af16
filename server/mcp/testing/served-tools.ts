import { pino } from 'pino'
import { UserId } from '../../../shared/contract/ids.ts'
import { McpOutput } from '../../../shared/contract/mcp-output.ts'
import type { ToolProgress } from '../../../shared/contract/tool.ts'
import { createToolRegistry } from '../../tools/registry.ts'
import type { McpServerConfig } from '../config.ts'
import { startMcpServers } from '../servers.ts'

/** A long timeout, because test machines are busy. */
export const PATIENT = { timeout: 30_000 }

const times = { retryMs: 50, longestRetryMs: 200, relistMs: 20, pingMs: 2_000 }

/** The registry over these servers, once each has connected or failed. */
export async function serve(
  configs: McpServerConfig[],
  options: { timeoutMs?: number; times?: object } = {},
) {
  const servers = startMcpServers(configs, {
    logger: pino({ level: 'silent' }),
    times: { ...times, ...options.times },
  })
  const registry = createToolRegistry([], {
    timeoutMs: options.timeoutMs ?? 20_000,
    source: servers,
  })
  for (const { name } of configs) {
    await registry.untilPresent(`${name}__anything`, AbortSignal.timeout(60_000))
  }
  const names = () => registry.list().map(({ name }) => name)
  return {
    registry,
    names,
    call: (name: string, input: unknown = {}, signal?: AbortSignal) => {
      const progress: ToolProgress[] = []
      const outcome = registry.execute(name, input, {
        caller: { id: UserId.parse('0191d6a0-0000-7000-8000-000000000001'), admin: false },
        callId: 'call',
        signal: signal ?? new AbortController().signal,
        onProgress: (reached) => progress.push(reached),
      })
      return Object.assign(outcome, { progress })
    },
    /** Resolves when the condition holds; it is checked whenever tools change. */
    until: async (condition: () => boolean) => {
      while (!condition()) {
        await new Promise<void>((resolve) => {
          const leave = registry.onChange(() => {
            leave()
            resolve()
          })
        })
      }
    },
    [Symbol.asyncDispose]: () => servers[Symbol.asyncDispose](),
  }
}

export function outputOf(
  outcome: Awaited<ReturnType<ReturnType<typeof createToolRegistry>['execute']>>,
) {
  return McpOutput.parse(outcome.ok ? outcome.output : outcome)
}
