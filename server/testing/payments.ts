import { expect } from 'vitest'
import { z } from 'zod'
import { defineTool } from '../tools/define.ts'
import type { Watcher } from './clients/watch.ts'
import type { Conversation } from './conversation.ts'

/** A tool that needs approval when there is an amount to pay, and records each execution. */
export function pay() {
  const executed: number[] = []
  const hold = { value: false }
  let waiting: Promise<void> | null = null
  const tool = defineTool({
    name: 'pay',
    description: 'Pays an amount',
    input: z.object({ amount: z.number() }),
    output: z.object({ paid: z.number() }),
    effect: 'once',
    approval: ({ amount }) => amount > 0,
    execute: async ({ amount }, { signal }) => {
      executed.push(amount)
      if (hold.value) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      }
      await waiting
      return { paid: amount }
    },
  })
  /** Further payments wait for the function that this returns. */
  const wait = () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting = promise
    return resolve
  }
  return { tool, executed, hold, wait }
}

/** Stops an answer during a payment, so that the payment's outcome is unknown. */
export async function hideOutcome(
  { app, sessionId, live }: Conversation,
  { executed, hold }: ReturnType<typeof pay>,
): Promise<void> {
  await app.caller.messages.send({ sessionId, text: 'Pay 0' })
  hold.value = true
  ;(await app.model.nextCall()).callTools({ name: 'pay', arguments: { amount: 0 } })
  await expect.poll(() => executed.length).toBe(1)
  await app.caller.runs.stop({ sessionId })
  await live.untilEvent('end')
  hold.value = false
}

/** The call of the newest message. */
export function callOf(watcher: Watcher) {
  const parts = watcher.state?.messages.at(-1)?.parts ?? []
  const part = parts.find(({ type }) => type === 'tool')
  if (part?.type !== 'tool') {
    throw new Error('the newest message has no call')
  }
  return part.call
}
