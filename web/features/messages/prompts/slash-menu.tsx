import { Plus } from 'lucide-react'
import { useEffect, useEffectEvent, useId, useState, useSyncExternalStore } from 'react'
import { focusMessageBox, messageBox } from '../composer/message-box.ts'
import { drafts } from '../composer/drafts/page-drafts.ts'
import { ownPrompts } from './own-prompts.ts'
import { promptsFor } from './prompts.ts'
import type { Prompt } from './prompts.ts'
import type { McpPrompt } from '../../../../shared/contract/api/mcp.ts'
import { trpc } from '../../../client.ts'
import { lazyPart } from '../../../ui/loading/lazy-part.tsx'
import { t } from '../../../language/t.ts'

const ServerPromptDialog = lazyPart(() => import('./server-prompt-dialog.tsx'))
const PromptsDialog = lazyPart(() => import('./prompts-dialog.tsx'))

/** The prompts whose names match the text after a slash. */
export default function SlashMenu({ draftKey, typed }: { draftKey: string; typed: string }) {
  const mine = useSyncExternalStore(ownPrompts.subscribe, ownPrompts.get)
  const [index, setIndex] = useState(0)
  const [isClosed, setClosed] = useState(false)
  const [isEditing, setEditing] = useState(false)
  const [filled, setFilled] = useState<McpPrompt | null>(null)
  const { data: ofServers } = trpc.mcp.prompts.useQuery(undefined, {
    retry: false,
    staleTime: 60_000,
  })
  const prompts = isClosed ? [] : promptsFor(typed, mine, ofServers)
  const place = Math.min(index, prompts.length - 1)
  const active = prompts[place]
  const id = useId()

  // The focus stays in the box, whose attributes tell screen readers the active item.
  useEffect(() => {
    const box = messageBox()
    if (!box || place < 0) return
    const told = {
      'aria-autocomplete': 'list',
      'aria-haspopup': 'listbox',
      'aria-controls': id,
      'aria-activedescendant': `${id}${place}`,
    }
    for (const [name, value] of Object.entries(told)) box.setAttribute(name, value)
    return () => {
      for (const name of Object.keys(told)) box.removeAttribute(name)
    }
  }, [id, place])

  function put(text: string): void {
    drafts.set(draftKey, text)
    focusMessageBox()
  }
  function choose({ text, of }: Prompt): void {
    if (of) setFilled(of)
    else put(text)
  }

  const onKeyDown = useEffectEvent((event: KeyboardEvent): void => {
    if (event.isComposing || event.shiftKey || !active || filled) return
    if (event.key === 'ArrowDown') setIndex((index + 1) % prompts.length)
    else if (event.key === 'ArrowUp') setIndex((index - 1 + prompts.length) % prompts.length)
    else if (event.key === 'Enter' || event.key === 'Tab') choose(active)
    else if (event.key === 'Escape') setClosed(true)
    else return
    event.preventDefault()
    // The box would send, and the page stop the answer.
    event.stopPropagation()
  })
  useEffect(() => {
    const box = messageBox()
    box?.addEventListener('keydown', onKeyDown)
    return () => box?.removeEventListener('keydown', onKeyDown)
  }, [])

  return (
    <>
      {active && (
        <div className="border-b border-border p-1.5">
          <p role="status" className="sr-only">
            {t(
              '{count, plural, one {# prompt} other {# prompts}}: arrows choose, Enter takes it.',
              {
                count: prompts.length,
              },
            )}
          </p>
          <div
            id={id}
            role="listbox"
            aria-label={t('Prompts')}
            className="max-h-[min(16rem,30dvh)] overflow-y-auto"
          >
            {prompts.map((prompt, at) => (
              <div
                key={prompt.of ? `${prompt.of.server} ${prompt.of.name}` : prompt.name}
                id={`${id}${at}`}
                role="option"
                aria-selected={prompt === active}
                onPointerMove={() => setIndex(at)}
                onClick={() => choose(prompt)}
                className="flex min-h-9 cursor-pointer items-baseline gap-3 rounded-xl px-3 py-1.5 text-sm aria-selected:bg-hover"
              >
                <bdi dir="ltr" className="shrink-0 font-medium">
                  /{prompt.name}
                </bdi>
                <span dir="auto" className="min-w-0 truncate text-muted">
                  {prompt.text}
                </span>
              </div>
            ))}
          </div>
          <button
            type="button"
            onClick={() => setEditing(true)}
            className="flex min-h-9 w-full cursor-pointer items-center gap-2 rounded-xl px-3 text-sm text-muted hover:bg-hover hover:text-text"
          >
            <Plus aria-hidden size={14} />
            {t('Your prompts…')}
          </button>
        </div>
      )}
      {filled && (
        <ServerPromptDialog
          prompt={filled}
          onText={(text) => {
            setFilled(null)
            put(text)
          }}
          onClose={() => setFilled(null)}
        />
      )}
      {isEditing && <PromptsDialog onClose={() => setEditing(false)} />}
    </>
  )
}
