import { useNavigate } from '@tanstack/react-router'
import { Activity, CircleUser, Clock3, MessageSquareText, Sparkles } from 'lucide-react'
import { newId } from '../../../shared/contract/new-id.ts'
import { useThroughline } from '../../../shared/react/index.ts'
import { Composer } from '../../features/messages/composer/composer.tsx'
import { NEW_SESSION, sendMessage } from '../../features/messages/composer/send-message.ts'
import type { Outcome, Written } from '../../features/messages/composer/send-message.ts'
import { useBeginning } from '../use-beginning.tsx'
import { useStopFirst } from '../use-stop-first.ts'
import type { Preset } from '../../features/presets/use-presets.ts'
import { Foot, Page } from './page.tsx'
import { useModelKind } from '../use-model-kind.ts'
import { useLanguage } from '../../language/language.ts'
import { inEnglish, msg, t } from '../../language/t.ts'
import { rich } from '../../language/rich.tsx'

const suggestions = [
  {
    text: msg('What are the system metrics?'),
    hint: msg('Reads CPU, memory and uptime'),
    Icon: Activity,
  },
  {
    text: msg('Show my user profile'),
    hint: msg('Looks up your profile'),
    Icon: CircleUser,
  },
  {
    text: msg('How long has the server been up?'),
    hint: msg('Reads the uptime only'),
    Icon: Clock3,
  },
  {
    text: msg('What can you do?'),
    hint: msg('Answers without a tool'),
    Icon: Sparkles,
  },
]

/** The page for a new conversation. The session is created when its first message is sent. */
export function NewSessionPage() {
  useLanguage()
  const client = useThroughline()
  const navigate = useNavigate()
  const stopsFirst = useStopFirst()
  const { session, preset, isTemporary, choices, begun } = useBeginning(NEW_SESSION)

  function start(written: Written): Promise<Outcome> {
    // The id is made here, so that the session is there before the server knows of it.
    const id = newId()
    const sent = sendMessage(client, id, written, session)
    stopsFirst(id)
    void sent.then((outcome) => {
      if (!outcome.isSent && outcome.box === NEW_SESSION && location.pathname.endsWith(id)) {
        void navigate({ to: '/' })
      }
    })
    begun()
    void navigate({ to: '/s/$id', params: { id } })
    return sent
  }

  return (
    <Page title={t('New session')}>
      <Welcome
        preset={preset}
        isTemporary={isTemporary}
        onChoose={(text) => void start({ text, files: [], draftKey: NEW_SESSION })}
      />
      <Foot>
        <Composer
          draftKey={NEW_SESSION}
          placeholder={t('Message')}
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
      : suggestions.map(({ text, hint, Icon }) => ({
          // The demo model reads English only.
          text: model === 'demo' ? inEnglish(text) : t(text),
          hint: t(hint),
          Icon,
        }))
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="mx-auto flex min-h-full w-full max-w-3xl flex-col justify-end px-4 pb-6 sm:justify-center sm:px-6">
        <section aria-label={t('Welcome')} className="turn-item">
          <div className="relative">
            <span aria-hidden className="knot knot-done mt-2 text-2xl" />
            <h2 className="text-2xl font-semibold tracking-tight text-balance">
              {preset?.name ?? t('Ask anything')}
            </h2>
            <p className="mt-2 max-w-prose text-muted">
              {props.isTemporary
                ? t(
                    'This conversation is deleted with everything in it shortly after you leave it. A model provider may keep what it was sent.',
                  )
                : t(
                    'Your conversation is kept on the server. An answer goes on when you reload the page, lose the network, or the server restarts.',
                  )}
            </p>
            {model === 'demo' && (
              <p className="mt-3 max-w-prose text-sm text-muted">
                {rich(
                  t(
                    '<0>The built-in demo model answers here.</0> It is not an AI, but its tools are real. To use a real model, set <1>OPENAI_API_KEY</1>, or <1>OPENAI_BASE_URL</1> for any compatible server.',
                  ),
                  (inside) => (
                    <strong className="font-semibold text-text">{inside}</strong>
                  ),
                  (inside) => (
                    <code dir="ltr">{inside}</code>
                  ),
                )}
              </p>
            )}
          </div>
          <ul className="mt-6 grid gap-2.5 sm:grid-cols-2">
            {shown.map(({ text, hint, Icon }) => (
              <li key={text} className="grid">
                <button
                  type="button"
                  onClick={() => onChoose(text)}
                  className="flex w-full cursor-pointer items-start gap-3 rounded-2xl border border-border bg-raised px-4 py-3 text-start transition duration-150 hover:border-accent"
                >
                  <Icon aria-hidden size={17} className="mt-0.5 shrink-0 text-accent" />
                  <span>
                    <span dir="auto" className="block text-sm font-medium">
                      {text}
                    </span>
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
