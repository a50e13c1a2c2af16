import { expect, test } from 'vitest'
import { CallLostError } from '../../tools/tool.ts'
import type { ToolContext } from '../../tools/tool.ts'
import { callAsTask, rememberTask } from './tasks.ts'

const HOUR_MS = 3_600_000

function contextOf(): ToolContext {
  return {
    ...{ callId: 'c', signal: new AbortController().signal },
    unhurried: (work: () => Promise<unknown>) => work(),
    task: { known: null, goesOn: () => false, record: async () => undefined },
  } as unknown as ToolContext
}

test('a task that never ends is waited for no longer than its result would be kept (P13)', async () => {
  let now = 0
  const asked: string[] = []
  const made = callAsTask(
    {
      ask: async ({ method }, _signal, isSmall) => {
        asked.push(`${method} ${isSmall ? 'small' : 'large'}`)
        now += 12.5 * HOUR_MS
        const task = { taskId: 't', status: 'working', pollInterval: 1 }
        return method === 'tools/call' ? { task } : task
      },
      isOver: () => false,
      now: () => now,
    },
    { name: 'long', arguments: {} },
    contextOf(),
  )
  await expect(made).rejects.toThrow(CallLostError)
  expect(asked).toEqual(['tools/call large', 'tasks/get small', 'tasks/get small'])
})

test('a call that is tried again asks for the task that its first try has made (P7)', async () => {
  const asked: string[] = []
  const ask = async ({ method }: { method: string }) => {
    asked.push(method)
    if (method === 'tools/call') return { task: { taskId: 't', status: 'working' } }
    if (method === 'tasks/get') return { taskId: 't', status: 'completed' }
    return { content: [] }
  }
  const connection = { ask, isOver: () => false, now: () => 0 }
  const context = rememberTask(contextOf())
  await callAsTask(connection, { name: 'long', arguments: {} }, context)
  await callAsTask(connection, { name: 'long', arguments: {} }, context)
  expect(asked.filter((method) => method === 'tools/call')).toHaveLength(1)
})
