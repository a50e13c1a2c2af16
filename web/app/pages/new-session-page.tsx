import { useNavigate } from '@tanstack/react-router'
import { Activity, CircleUser, Clock3, Sparkles } from 'lucide-react'
import { useState } from 'react'
import { newId } from '../../../shared/contract/new-id.ts'
import { useThroughline } from '../../../shared/react/index.ts'
import { trpc } from '../../client.ts'
import { Composer } from '../../features/messages/composer/composer.tsx'
import type { File } from '../../../shared/contract/file.ts'
import { attachments, drafts } from '../../features/messages/composer/page-drafts.ts'
import { reason, sendMessage } from '../../features/messages/composer/send-message.ts'
import { UserMessage } from '../../features/messages/user-message/user-message.tsx'
import { Foot, Page } from './page.tsx'
import { useModelKind } from '../use-model-kind.ts'

const DRAFT = 'new'

const suggestions = [
  { text: 'What are the system metrics?', hint: 'Reads CPU, memory and uptime', Icon: Activity },
  { text: 'Show my user profile', hint: 'Looks up your profile', Icon: CircleUser },
  { text: 'How long has the server been up?', hint: 'Reads the uptime only', Icon: Clock3 },
  { text: 'What can you do?', hint: 'Answers without a tool', Icon: Sparkles },
]

/** The page for a new conversation. The session is created when its first message is sent. */
export function NewSessionPage() {
  const client = useThroughline()
  const navigate = useNavigate()
  const [sending, setSending] = useState<string | null>(null)
  // The id is generated here, so that a repeated call after a lost connection creates only one session.
  const create = trpc.sessions.create.useMutation({
    retry: (failures, error) => !error.data && failures < 8,
  })

  async function start(text: string, files: readonly File[] = []): Promise<void> {
    setSending(text || files.map(({ name }) => name).join(', '))
    try {
      const session = await create.mutateAsync({ id: newId() })
      void sendMessage(client, session.id, text, files)
      await navigate({ to: '/s/$id', params: { id: session.id } })
    } catch (error) {
      setSending(null)
      attachments.giveBack(DRAFT, files)
      drafts.giveBack(DRAFT, text, `Not sent: ${reason(error)}`)
    }
  }

  return (
    <Page title={sending === null ? 'New session' : 'Throughline'}>
      {sending === null ? (
        <Welcome onChoose={(text) => void start(text)} />
      ) : (
        <div className="mx-auto w-full max-w-3xl flex-1 px-4 sm:px-6">
          <UserMessage text={sending} status="sending" beginsLine />
        </div>
      )}
      <Foot>
        <Composer
          draftKey={DRAFT}
          placeholder="Message"
          onSend={(text, files) => void start(text, files)}
          onStop={null}
        />
      </Foot>
    </Page>
  )
}

function Welcome({ onChoose }: { onChoose: (text: string) => void }) {
  const model = useModelKind()
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="mx-auto flex min-h-full w-full max-w-3xl flex-col justify-end px-4 pb-6 sm:justify-center sm:px-6">
        <section aria-label="Welcome" className="turn-item">
          <div className="relative">
            <span aria-hidden className="knot knot-done mt-2 text-2xl" />
            <h2 className="text-2xl font-semibold tracking-tight text-balance">Ask anything</h2>
            <p className="mt-2 max-w-prose text-muted">
              Your conversation is kept on the server. An answer goes on when you reload the page,
              lose the network, or the server restarts.
            </p>
            {model === 'demo' && (
              <p className="mt-3 max-w-prose text-sm text-muted">
                <strong className="font-semibold text-text">
                  The built-in demo model answers here.
                </strong>{' '}
                It is not an AI, but its tools are real. To use a real model, set{' '}
                <code>OPENAI_API_KEY</code>, or <code>OPENAI_BASE_URL</code> for any compatible
                server.
              </p>
            )}
          </div>
          <ul className="mt-6 grid gap-2.5 sm:grid-cols-2">
            {suggestions.map(({ text, hint, Icon }) => (
              <li key={text}>
                <button
                  type="button"
                  onClick={() => onChoose(text)}
                  className="flex w-full cursor-pointer items-start gap-3 rounded-2xl border border-border bg-raised px-4 py-3 text-left transition duration-150 hover:border-accent"
                >
                  <Icon aria-hidden size={17} className="mt-0.5 shrink-0 text-accent" />
                  <span>
                    <span className="block text-sm font-medium">{text}</span>
                    <span className="block text-xs text-muted">{hint}</span>
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      </div>
    </div>
  )
}
