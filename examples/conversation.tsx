import { useState } from 'react'
import type { AppMessage, AppPart } from 'throughline/client'
import { useConnection, useSession, useThroughline } from 'throughline/react'

/** A conversation, live. Somewhere above it stands `<ThroughlineProvider client={connect({ url })}>`. */
export function Conversation({ sessionId }: { sessionId: string }) {
  const connection = useConnection()
  const { state, pending } = useSession(sessionId)
  return (
    <section>
      {connection.status === 'reconnecting' && <p role="status">Reconnecting …</p>}
      {state?.messages.map((message) => (
        <Message key={message.id} message={message} />
      ))}
      {pending.map((send) => (
        <p key={send.id}>{send.text}</p>
      ))}
      <Composer sessionId={sessionId} />
    </section>
  )
}

function Message({ message }: { message: AppMessage }) {
  return (
    <article aria-label={message.role}>
      {message.parts.map((part, index) => (
        <Part key={index} part={part} />
      ))}
      {message.error && <p role="alert">{message.error.message}</p>}
    </article>
  )
}

function Part({ part }: { part: AppPart }) {
  if (part.type === 'file') return <p>{part.file.name}</p>
  if (part.type !== 'tool') return <p>{part.text}</p>
  const { call } = part
  // The name of a call tells the type of its output; `untyped` says that it is from another version of the tool.
  if (call.name === 'fetch_user_profile' && call.output && !call.untyped) {
    return <p>{`${call.output.name}, ${call.output.subscription_tier}`}</p>
  }
  return <p>{`${call.name}: ${call.status}`}</p>
}

function Composer({ sessionId }: { sessionId: string }) {
  const session = useThroughline().session(sessionId)
  const isRunning = useSession(sessionId, ({ state }) => state?.session.running ?? false)
  const [text, setText] = useState('')
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        // A send that the server refuses shows in `pending` as failed.
        session.send(text).catch(() => {})
        setText('')
      }}
    >
      <input aria-label="Message" value={text} onChange={(event) => setText(event.target.value)} />
      {isRunning && (
        <button type="button" onClick={() => void session.stop()}>
          Stop
        </button>
      )}
    </form>
  )
}
