import { createElement } from 'react'
import type { ReactElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'
import { connect } from '../client/index.ts'
import { caughtUp, until } from '../client/testing/reader.ts'
import { ScriptedServer } from '../client/testing/server.ts'
import { ThroughlineProvider, useConnection, useSession } from './index.ts'

function Conversation({ id }: { id: string }): ReactElement {
  const { status } = useConnection()
  const texts = useSession(id, ({ state }) =>
    (state?.messages ?? []).flatMap(({ parts }) =>
      parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])),
    ),
  )
  return createElement('p', null, `${status}: ${texts.join(' | ')}`)
}

test('components draw the connection and a slice of a session', async () => {
  await using server = await ScriptedServer.start()
  await using client = connect({ url: server.url })
  const { id } = server.session
  const page = (): string =>
    renderToString(
      createElement(ThroughlineProvider, { client }, createElement(Conversation, { id })),
    )
  expect(page()).toBe('<p>connecting: </p>')
  server.record((log) => log.say('Hello'))
  await until(client.connection, ({ status }) => status === 'connected')
  await caughtUp(client.session(id), server.session)
  expect(page()).toBe('<p>connected: Hello</p>')
})

test('a component without a provider says what is missing', () => {
  expect(() => renderToString(createElement(Conversation, { id: '' }))).toThrow(
    'There is no ThroughlineProvider above this component',
  )
})
