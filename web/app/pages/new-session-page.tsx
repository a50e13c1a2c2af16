import { useNavigate } from '@tanstack/react-router'
import { Activity, CircleUser, Clock3, MessageSquareText, Sparkles } from 'lucide-react'
import { newId } from '../../../shared/contract/new-id.ts'
import { useThroughline } from '../../../shared/react/index.ts'
import { Composer } from '../../features/messages/composer/composer.tsx'
import { NEW_SESSION, sendMessage } from '../../features/messages/composer/send-message.ts'
import type { Written } from '../../features/messages/composer/send-message.ts'
import { useBeginning } from '../use-beginning.tsx'
import type { Preset } from '../../features/presets/use-presets.ts'
import { Foot, Page } from './page.tsx'
import { useModelKind } from '../use-model-kind.ts'

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
  const { session, preset, isTemporary, choices, begun } = useBeginning()

  function start(written: Written): void {
    // The id is made here, so that the session is there before the server knows of it.
    const id = newId()
    void sendMessage(client, id, written, session).then((box) => {
      if (box === NEW_SESSION && location.pathname.endsWith(id)) void navigate({ to: '/' })
    })
    begun()
    void navigate({ to: '/s/$id', params: { id } })
  }

  return (
    <Page title="New session">
      <Welcome
        preset={preset}
        isTemporary={isTemporary}
        onChoose={(text) => start({ text, files: [], draftKey: NEW_SESSION })}
      />
      <Foot>
        <Composer
          draftKey={NEW_SESSION}
          placeholder="Message"
          onSend={start}
          onStop={null}
          model={session.model ?? null}
          choices={choices}
        />
      </Foot>
    </Page>
  )
}

function Welcome(props: {
  preset: Preset | null
  isTemporary: boolean
  onChoose: (text: string) => void
}) {
  const { preset, onChoose } = props
  const model = useModelKind()
  const shown =
    preset && preset.suggestions.length > 0
      ? preset.suggestions.map((text) => ({ text, hint: null, Icon: MessageSquareText }))
      : suggestions
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="mx-auto flex min-h-full w-full max-w-3xl flex-col justify-end px-4 pb-6 sm:justify-center sm:px-6">
        <section aria-label="Welcome" className="turn-item">
          <div className="relative">
            <span aria-hidden className="knot knot-done mt-2 text-2xl" />
            <h2 className="text-2xl font-semibold tracking-tight text-balance">
              {preset?.name ?? 'Ask anything'}
            </h2>
            <p className="mt-2 max-w-prose text-muted">
              {props.isTemporary
                ? 'This conversation is deleted with everything in it shortly after you leave it. A model provider may keep what it was sent.'
                : 'Your conversation is kept on the server. An answer goes on when you reload the page, lose the network, or the server restarts.'}
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
            {shown.map(({ text, hint, Icon }) => (
              <li key={text}>
                <button
                  type="button"
                  onClick={() => onChoose(text)}
                  className="flex w-full cursor-pointer items-start gap-3 rounded-2xl border border-border bg-raised px-4 py-3 text-left transition duration-150 hover:border-accent"
                >
                  <Icon aria-hidden size={17} className="mt-0.5 shrink-0 text-accent" />
                  <span>
                    <span className="block text-sm font-medium">{text}</span>
                    {hint && <span className="block text-xs text-muted">{hint}</span>}
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
