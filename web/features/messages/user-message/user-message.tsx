import { memo, useState } from 'react'
import type { ReactNode } from 'react'
import type { File } from '../../../../shared/contract/file.ts'
import { FileList } from '../../../ui/files/file-list.tsx'
import { Button } from '../../../ui/controls/button.tsx'
import { CopyButton } from '../../../ui/controls/copy-button.tsx'
import { useLanguage } from '../../../language/language.ts'
import { t } from '../../../language/t.ts'

/** Longer texts, in UTF-16 units, are folded, so that the answer is in view. */
const FOLD_BEYOND_LENGTH = 1800

const unsettled = new Set(['waiting', 'failed', 'queued'])

const NO_FILES: readonly File[] = []

/**
 * The user's message, as it was typed.
 * @param props.editor replaces the text, or is below it with `keepsText`
 * @param props.versions the version switch, always visible
 * @param props.actions visible while the message is queued, otherwise on hover
 */
export const UserMessage = memo(function UserMessage(props: {
  text: string
  files?: readonly File[]
  /** In place of the files, for a message that the server does not have yet. */
  attached?: ReactNode
  status: 'sending' | 'waiting' | 'failed' | 'queued' | 'sent'
  /** True for a message that was sent while the answer before it was written. */
  isJoined?: boolean
  /** It is queued, and joins the answer that is being written. */
  joins?: boolean
  beginsLine: boolean
  /** A long text is not folded. */
  isWhole?: boolean
  problem?: string | null
  editor?: ReactNode
  keepsText?: boolean
  versions?: ReactNode
  actions?: ReactNode
}) {
  useLanguage()
  const { text, status, problem, editor, actions } = props
  return (
    <article
      aria-label={t('You')}
      className={`turn-item line group/said pt-5 pb-2 ${props.beginsLine ? 'line-begins' : ''}`}
    >
      <div className="relative">
        <span aria-hidden className="knot knot-you mt-2.5" />
        {props.attached ?? <FileList files={props.files ?? NO_FILES} />}
        {(!editor || props.keepsText) &&
          (text !== '' || !(props.attached ?? props.files?.length)) && (
            <Bubble text={text} isQueued={unsettled.has(status)} isWhole={props.isWhole ?? false} />
          )}
        {editor}
        <div className="flex min-h-8 flex-wrap items-center gap-x-2 text-xs text-muted">
          {status === 'sent' && !editor && (
            <span className="-ms-1.5 flex opacity-0 transition-opacity duration-150 group-focus-within/said:opacity-100 group-hover/said:opacity-100 pointer-coarse:opacity-100">
              <CopyButton label={t('Copy')} text={text} />
              {actions}
            </span>
          )}
          {props.isJoined && <span className="ps-1">{t('Added to the answer')}</span>}
          {props.versions}
          {status === 'queued' && (
            <span className="ps-1">
              {props.joins
                ? t('Joins the answer at its next step; if there is none, it is answered next')
                : t('Queued: answered next')}
            </span>
          )}
          {status === 'waiting' && <span className="ps-1">{t('Waiting for the connection')}</span>}
          {status === 'sending' && (
            // Shown with a delay, because nearly all sends are answered at once.
            <span className="animate-[appear_200ms_600ms_ease-out_backwards] ps-1">
              {t('Sending…')}
            </span>
          )}
          {status !== 'sent' && actions}
          {problem && (
            <span role="status" className={status === 'failed' ? 'text-danger' : undefined}>
              {problem}
            </span>
          )}
        </div>
      </div>
    </article>
  )
})

function Bubble(props: { text: string; isQueued: boolean; isWhole: boolean }) {
  const { text, isQueued } = props
  const [unfolded, setUnfolded] = useState(false)
  const isLong = text.length > FOLD_BEYOND_LENGTH && !props.isWhole
  return (
    <div
      className={`w-fit max-w-full rounded-2xl border px-4 py-2.5 ${isQueued ? 'border-dashed border-control text-muted' : 'border-transparent bg-accent-soft'}`}
    >
      <p dir="auto" data-said className="leading-[1.65] wrap-anywhere whitespace-pre-wrap">
        {isLong && !unfolded ? `${text.slice(0, FOLD_BEYOND_LENGTH)}…` : text}
      </p>
      {isLong && (
        <Button className="mt-2" onClick={() => setUnfolded(!unfolded)}>
          {unfolded ? t('Show less') : t('Show all')}
        </Button>
      )}
    </div>
  )
}
