import { renderToStaticMarkup } from 'react-dom/server'
import { connect } from 'throughline/client'
import { ThroughlineProvider } from 'throughline/react'
import { startTestServer } from 'throughline/testing'
import { expect, test, vi } from 'vitest'
import { Conversation } from './conversation.tsx'

test('a conversation shows what was said, and what tools found', async () => {
  await using server = await startTestServer({
    answers: [
      { text: 'I look. ', tools: [{ name: 'fetch_user_profile', input: {} }] },
      { text: 'That is you, and then', error: 'provider_cut' },
    ],
  })
  await using client = connect({ url: server.url })
  const { id } = await client.api.sessions.create.mutate({})
  const { store, send } = client.session(id)
  const page = () =>
    renderToStaticMarkup(
      <ThroughlineProvider client={client}>
        <Conversation sessionId={id} />
      </ThroughlineProvider>,
    )
  // On a page the components watch the session; here this does.
  const leave = store.subscribe(() => {})
  await send('Who am I?')
  await vi.waitUntil(() => store.getSnapshot().state?.messages.at(-1)?.status === 'failed')
  for (const words of ['Who am I?', 'I look.', 'Local owner, free', 'and then', 'role="alert"']) {
    expect(page()).toContain(words)
  }
  leave()
})
