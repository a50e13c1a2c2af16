import { ArrowUp, Square } from 'lucide-react'
import { useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { FormEvent, KeyboardEvent, ReactNode } from 'react'
import { AttachButton } from './attachments/attach-button.tsx'
import { BusyChoices, busyChoiceOf } from './busy-choices.tsx'
import { focusMessageBox, mountMessageBox } from './message-box.ts'
import { attachments, drafts } from './drafts/page-drafts.ts'
import { pastedFiles } from './attachments/pasted-files.ts'
import { isOfSession } from './send-message.ts'
import type { Outcome, Written } from './send-message.ts'
import { isEditLastKey, isSubmitKey, submitsByEnter } from './submit-key.ts'
import { tooLong } from './text-limit.ts'
import { ReadingControlsBar, Voice } from '../voice/voice.tsx'
import { takeDroppedFiles } from '../../../ui/files/dropped-files.ts'
import { lazyPart } from '../../../ui/loading/lazy-part.tsx'
import { whenIdle } from '../../../ui/loading/when-idle.ts'
import { t } from '../../../language/t.ts'

const AttachedFiles = lazyPart(() => import('./attachments/attached-files.tsx'))
whenIdle(AttachedFiles.preload)
const SlashMenu = lazyPart(() => import('../prompts/slash-menu.tsx'))

/**
 * The message box. Its text is the draft `draftKey` until it is sent.
 * @param props.onStop stops the running answer; null when there is none
 * @param props.onEditLast opens the editor of the newest sent message
 */
export function Composer(props: {
  draftKey: string
  placeholder: string
  onSend: (written: Written) => Promise<Outcome>
  onStop: (() => void) | null
  isStopping?: boolean
  /** Denies the calls that wait for an approval, in favour of a message that is on its way; null while none waits. */
  onDeny?: ((sent: Promise<Outcome>) => void) | null
  onEditLast?: () => void
  /** The model that will answer; null for the default one. */
  model: string | null
  /** Further choices below the box, such as the model's. */
  choices?: ReactNode
}) {
  const { draftKey, onSend, onStop, onDeny = null } = props
  const text = useSyncExternalStore(drafts.subscribe, () => drafts.get(draftKey))
  const problem = useSyncExternalStore(drafts.subscribe, () => drafts.problem(draftKey))
  const box = useRef<HTMLTextAreaElement>(null)
  const files = useSyncExternalStore(attachments.subscribe, () => attachments.get(draftKey))
  // They stay when the last file goes, to give the focus on.
  const [hasFiles, setHasFiles] = useState(files.length > 0)
  if (files.length > 0 && !hasFiles) setHasFiles(true)
  const isEmpty = text.trim() === '' && files.length === 0
  const excess = tooLong(text)
  const slash = /^\/([\p{L}\p{N}-]*)$/u.exec(text)?.[1] ?? null
  const alert = excess ?? problem

  useLayoutEffect(() => (box.current ? mountMessageBox(box.current) : undefined), [])
  useEffect(() => {
    focusMessageBox()
  }, [draftKey])

  useEffect(() => takeDroppedFiles((files) => attachments.add(draftKey, files)), [draftKey])

  useLayoutEffect(() => {
    const element = box.current
    if (!element || CSS.supports('field-sizing', 'content')) return
    element.style.height = 'auto'
    element.style.height = `${element.scrollHeight}px`
  }, [text])

  /**
   * Files that are still uploading are sent with the message: the outbox waits for them.
   * @returns null when there is nothing to send, or a file was refused: it says so itself
   */
  function send(whenBusy?: Written['whenBusy']): Promise<Outcome> | null {
    box.current?.focus({ preventScroll: true })
    const isRefused = attachments
      .get(draftKey)
      .some((file) => file.status === 'failed' && file.isRefused)
    if (isEmpty || excess || isRefused) return null
    const written = { text: drafts.take(draftKey), files: attachments.take(draftKey) }
    return onSend({ ...written, draftKey, whenBusy })
  }

  /** An empty message must not deny the waiting calls. */
  function denyAndSend(): void {
    const sent = send('steer')
    if (sent) onDeny?.(sent)
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (isEditLastKey(event) && text === '' && props.onEditLast) {
      event.preventDefault()
      props.onEditLast()
      return
    }
    const choice = onStop && busyChoiceOf(event)
    if (!choice && !isSubmitKey(event)) return
    event.preventDefault()
    if (choice === 'steer' && onDeny) denyAndSend()
    else void send(choice ?? undefined)
  }

  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        void send()
      }}
      onPaste={(event) => {
        const pasted = pastedFiles(event.clipboardData)
        if (pasted.length === 0) return
        event.preventDefault()
        attachments.add(draftKey, pasted)
      }}
      className="rounded-3xl border border-control bg-raised shadow-sm transition-[border-color,box-shadow] duration-150 focus-within:shadow-md in-data-keys:focus-within:border-accent"
    >
      {alert && (
        <p role="alert" className="px-4 pt-3 text-sm text-danger">
          {alert}
        </p>
      )}
      <ReadingControlsBar />
      {slash !== null && <SlashMenu draftKey={draftKey} typed={slash} />}
      {hasFiles && <AttachedFiles draftKey={draftKey} model={props.model} />}
      <div className="flex items-end gap-2 p-1.5">
        <AttachButton onFiles={(files) => attachments.add(draftKey, files)} />
        <textarea
          ref={box}
          aria-label={t('Message')}
          placeholder={props.placeholder}
          rows={1}
          value={text}
          enterKeyHint={submitsByEnter() ? 'send' : 'enter'}
          dir="auto"
          onChange={(event) => drafts.set(draftKey, event.target.value)}
          onKeyDown={onKeyDown}
          className="field-sizing-content max-h-[min(40dvh,20rem)] min-h-9 min-w-0 flex-1 resize-none bg-transparent py-1.5 text-base leading-6 outline-none placeholder:text-muted"
        />
        <Voice draftKey={draftKey} isSession={isOfSession(draftKey)} isEmpty={isEmpty} />
        {onStop && (
          <button
            type="button"
            aria-label={t('Stop')}
            title={t('Stop (Esc)')}
            disabled={props.isStopping}
            onClick={() => {
              onStop()
              box.current?.focus({ preventScroll: true })
            }}
            className="grid size-9 shrink-0 cursor-pointer place-items-center rounded-full border border-control/60 text-text transition-colors duration-150 hover:bg-hover disabled:cursor-default disabled:opacity-50"
          >
            <Square aria-hidden size={13} fill="currentColor" />
          </button>
        )}
        {(!onStop || !isEmpty) && (
          <button
            type="submit"
            aria-label={t('Send')}
            title={t('Send')}
            disabled={isEmpty || excess !== null}
            className="grid size-9 shrink-0 cursor-pointer place-items-center rounded-full bg-accent text-on-accent transition duration-150 hover:brightness-110 disabled:cursor-default disabled:bg-hover disabled:text-muted"
          >
            <ArrowUp aria-hidden size={18} />
          </button>
        )}
      </div>
      {onStop && !isEmpty && excess === null && (
        <BusyChoices onChoose={(whenBusy) => void send(whenBusy)} onDeny={onDeny && denyAndSend} />
      )}
      {props.choices && <div className="flex min-w-0 px-2.5 pb-1.5">{props.choices}</div>}
    </form>
  )
}
