import { expect, test } from 'vitest'
import { textOf, watch } from '../../testing/clients/watch.ts'
import { startConversation } from '../../testing/conversation.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

onEachStorage((database, openStorage) => {
  test(`an answer is written while one message after the other is refused, on ${database} (P2)`, async () => {
    await using talk = await startConversation(openStorage)
    const { app, sessionId, live } = talk
    const { caller } = app
    const { messageId } = await caller.messages.send({ sessionId, text: 'Hello' })
    const call = await app.model.nextCall()
    call.say('One')
    const said = () => textOf(live.state, live.state?.messages.at(-1)?.id ?? '')
    await live.until(() => said() === 'One')
    let isOver = false
    let refusals = 0
    const refused = async () => {
      while (!isOver) {
        await caller.messages.send({ sessionId, text: 'x', whenBusy: 'reject' }).catch(() => {
          refusals += 1
        })
      }
    }
    const refusing = Array.from({ length: 6 }, refused)
    await expect.poll(() => refusals).toBeGreaterThan(20)
    call.say(' two')
    await expect.poll(said).toBe('One two')
    isOver = true
    await Promise.all(refusing)
    call.finish()
    await live.untilEvent('end')
    await using fresh = watch(caller, sessionId)
    await fresh.untilEvent('snapshot')
    expect(fresh.state?.messages.map(({ id }) => id)).toHaveLength(2)
    expect(fresh.state?.messages[0]?.id).toBe(messageId)
  })
})
