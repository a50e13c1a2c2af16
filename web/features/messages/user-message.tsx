import { memo, useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'

/** Longer texts, in UTF-16 units, are folded: the answer is what one came to read. */
const LONG = 1800

/** What the person said, as it was typed. */
export const UserMessage = memo(function UserMessage(props: {
  text: string
  status: 'sending' | 'queued' | 'sent'
  beginsLine: boolean
}) {
  const { text, status } = props
  const [unfolded, setUnfolded] = useState(false)
  const isLong = text.length > LONG
  return (
    <article
      aria-label="You"
      className={`turn-item line group/message pt-5 pb-2 ${props.beginsLine ? 'line-begins' : ''}`}
    >
      <div className="relative">
        <span aria-hidden className="knot knot-you mt-2.5" />
        <div className="w-fit max-w-full rounded-2xl bg-accent-soft px-4 py-2.5">
          <p className="leading-[1.65] wrap-anywhere whitespace-pre-wrap">
            {isLong && !unfolded ? `${text.slice(0, LONG)}…` : text}
          </p>
          {isLong && (
            <Button className="mt-2" onClick={() => setUnfolded(!unfolded)}>
              {unfolded ? 'Show less' : 'Show all'}
            </Button>
          )}
        </div>
        <div className="flex h-8 items-center gap-2 text-xs text-muted">
          {status === 'sent' ? (
            <CopyButton
              label="Copy"
              text={text}
              className="-ml-1.5 opacity-0 group-focus-within/message:opacity-100 group-hover/message:opacity-100 pointer-coarse:opacity-100"
            />
          ) : (
            // A send that is answered at once, as nearly all are, should not flash a word.
            <span className="pl-1 animate-[appear_200ms_600ms_ease-out_backwards]">
              {status === 'queued' ? 'Queued: answered next' : 'Sending…'}
            </span>
          )}
        </div>
      </div>
    </article>
  )
})
