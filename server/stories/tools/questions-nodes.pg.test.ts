import { expect, test } from 'vitest'
import { openQuestion } from '../../../shared/contract/open-question.ts'
import { askingChild, mcpConfigFile } from '../../mcp/testing/servers.ts'
import { startTwoApps } from '../../testing/two-apps.ts'
import { watch } from '../../testing/clients/watch.ts'

test('a question that one node asks is seen and answered on another, and its tool goes on (P2)', async () => {
  await using file = await mcpConfigFile([askingChild()])
  await using nodes = await startTwoApps({ env: { MCP_CONFIG: file.path } })
  const { first, second } = nodes
  await expect
    .poll(async () => (await first.caller.tools.list()).map(({ name }) => name), {
      timeout: 30_000,
    })
    .toContain('asking__look')
  const { id } = await first.caller.sessions.create({})
  await using live = watch(second.caller, id)
  await live.untilEvent('snapshot')
  await first.caller.messages.send({ sessionId: id, text: 'Look' })
  ;(await first.model.nextCall()).callTools({ name: 'asking__look', arguments: {} })
  const callOf = () => {
    const parts = live.state?.messages.at(-1)?.parts ?? []
    return parts.flatMap((part) => (part.type === 'tool' ? [part.call] : []))[0]
  }
  await live.until(() => callOf()?.questions !== undefined)
  const call = callOf()
  const questionId = call ? (openQuestion(call)?.id ?? '') : ''
  const content = { name: 'Ada', seats: 1 }
  const said = { callId: call?.id ?? '', questionId, action: 'accept', content } as const
  await second.caller.tools.reply(said)
  // The same reply on both nodes counts once.
  await first.caller.tools.reply(said)
  const next = await first.model.nextCall()
  expect(next.step.messages.at(-1)).toMatchObject({
    ...{ failed: false, output: JSON.stringify({ action: 'accept', content }) },
  })
  next.finish()
  expect(await live.untilEvent('end')).toMatchObject({ outcome: 'completed' })
})
