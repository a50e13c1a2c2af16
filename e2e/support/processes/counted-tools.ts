import { z } from 'zod'
import { defineTool } from '../../../server/tools/define.ts'
import type { Tool, ToolContext } from '../../../server/tools/tool.ts'
import type { ToolEffect } from '../../../shared/contract/tool.ts'

/**
 * Tools that do their work in another process, which counts the calls: a node that may be killed during a call cannot
 * be the judge of what the call did.
 * @param counterUrl the address of `startCallCounter`
 */
export function countedTools(counterUrl: string): Tool[] {
  const tell = async (tool: string, key: string, { callId, signal }: ToolContext) => {
    const body = JSON.stringify({ tool, key, callId })
    const answer = await fetch(counterUrl, { method: 'POST', body, signal })
    if (!answer.ok) throw new Error(`the other side said ${answer.status}`)
    return { done: true }
  }
  const counted = (name: string, effect: ToolEffect, approval: 'never' | 'always'): Tool =>
    defineTool({
      name,
      description: `Tells the counter, as a tool that is ${effect}.`,
      input: z.object({ key: z.string() }),
      output: z.object({ done: z.boolean() }),
      effect,
      approval,
      execute: ({ key }, context) => tell(name, key, context),
    })
  return [
    counted('count_once', 'once', 'never'),
    counted('count_idempotent', 'idempotent', 'never'),
    counted('count_read', 'read', 'never'),
    counted('count_approved', 'once', 'always'),
  ]
}
