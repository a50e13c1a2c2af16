import { z } from 'zod'
import { defineTool } from '../../tools/define.ts'
import type { Tool } from '../../tools/tool.ts'

/** One real execution of a tool, which the simulation ends or leaves unfinished. */
export type Execution = {
  readonly nodeId: string
  readonly callId: string
  readonly name: string
  readonly input: unknown
  readonly signal: AbortSignal
  ended: boolean
  settle(ok: boolean): void
}

export const TOOL_NAMES = ['look', 'put', 'pay', 'wire', 'nothing'] as const

/** One tool of each effect, and one that needs approval; `nothing` is a name that the model made up. */
export function watchedTools(nodeId: string, onBegun: (execution: Execution) => void): Tool[] {
  const tool = (
    name: string,
    effect: Tool['effect'],
    approval: 'never' | 'always',
  ): Tool<string, { n: number }, { n: number }> =>
    defineTool({
      name,
      description: name,
      input: z.object({ n: z.number() }),
      output: z.object({ n: z.number() }),
      effect,
      approval,
      execute: (input, { callId, signal }) =>
        new Promise((resolve, reject) => {
          const execution: Execution = {
            nodeId,
            callId,
            name,
            input,
            signal,
            ended: false,
            settle(ok) {
              execution.ended = true
              if (ok) {
                resolve(input)
              } else {
                reject(new Error('The tool failed.'))
              }
            },
          }
          onBegun(execution)
        }),
    })
  return [
    tool('look', 'read', 'never'),
    tool('put', 'idempotent', 'never'),
    tool('pay', 'once', 'never'),
    tool('wire', 'once', 'always'),
  ]
}
