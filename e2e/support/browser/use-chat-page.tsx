import { useChat } from '@ai-sdk/react'
import { DefaultChatTransport } from 'ai'
import { createRoot } from 'react-dom/client'
import { ThroughlineChatTransport } from '../../../shared/ai-sdk/index.ts'

const given = new URLSearchParams(location.search)
const id = given.get('id') ?? ''
const resumable = new ThroughlineChatTransport({ retryDelay: () => 20 })
/** As such pages are written for the AI SDK's own back end: nothing but its address. */
const plain = new DefaultChatTransport({ api: '/api/chat' })
const isPlain = given.has('plain')

/** A chat as its users write it, in its fewest lines. */
function Chat() {
  const transport = isPlain ? plain : resumable
  const { messages, sendMessage, status } = useChat({ id, transport, resume: !isPlain })
  const texts = messages.map(({ role, parts }) => ({
    role,
    text: parts.map((part) => (part.type === 'text' ? part.text : '')).join(''),
  }))
  return (
    <>
      <output data-status={status}>{JSON.stringify(texts)}</output>
      <form
        action={(form) => {
          const text = form.get('text')
          if (typeof text === 'string') void sendMessage({ text })
        }}
      >
        <input name="text" aria-label="Message" />
      </form>
      <button onClick={() => void resumable.stop(id)}>Stop</button>
    </>
  )
}

createRoot(document.body).render(<Chat />)
