import { createRoot } from 'react-dom/client'
import { connect } from 'throughline/client'
import { newId } from 'throughline/contract'
import { ThroughlineProvider } from 'throughline/react'
import { Conversation } from './conversation.tsx'

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <ThroughlineProvider client={connect()}>
      <Conversation sessionId={newId()} />
    </ThroughlineProvider>,
  )
}
