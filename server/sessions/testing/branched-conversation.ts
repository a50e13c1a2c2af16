import { ExportFile } from '../../../shared/contract/export.ts'
import type { TestApp } from '../../testing/app.ts'
import { watch } from '../../testing/clients/watch.ts'

/** A session with two branches; the active one has a tool call. */
export async function branchedConversation(app: TestApp): Promise<string> {
  const { id } = await app.caller.sessions.create({ title: 'Figures' })
  await using live = watch(app.caller, id)
  await live.untilEvent('snapshot')
  const { messageId } = await app.caller.messages.send({
    sessionId: id,
    text: 'The first question',
  })
  const first = await app.model.nextCall()
  first.say('The first answer')
  first.finish()
  await live.untilEvent('end')
  await app.caller.messages.edit({ id: messageId, text: 'The second question' })
  const asking = await app.model.nextCall()
  asking.say('Let me see.')
  asking.callTools({ name: 'no_such_tool', arguments: { expression: '6*7' } })
  const second = await app.model.nextCall()
  second.say('The second answer')
  second.finish()
  await live.until(({ events }) => events.filter(({ event }) => event.type === 'end').length === 2)
  return id
}

export async function exported(app: TestApp, id: string): Promise<ExportFile> {
  const { content } = await app.caller.sessions.export({ id, format: 'json' })
  return ExportFile.parse(JSON.parse(content))
}
