import { useRef } from 'react'
import type { AppMessage } from '../../../../shared/client/index.ts'
import { givenUpText, seenAfter } from './given-up.ts'
import type { Seen } from './given-up.ts'
import { t } from '../../../language/t.ts'

/** The text of the attempt before a takeover, dimmed, until the new attempt has written more than that. */
export function GivenUpText({ message }: { message: AppMessage }) {
  const { parts, status } = message
  const seen = useRef<Seen>({ parts, lost: null })
  // A ref, because state would draw every token twice; the same parts give the same again.
  if (seen.current.parts !== parts) {
    seen.current = seenAfter(seen.current, parts, status === 'running')
  }
  if (seen.current.lost === null || status !== 'running') return null
  return (
    <div className="mt-2 grid gap-1 text-muted">
      <p dir="auto" className="wrap-anywhere whitespace-pre-wrap opacity-60">
        {givenUpText(seen.current)}
      </p>
      <p role="note" className="text-xs">
        {t(
          'The server that wrote this was lost. Another one took over, and writes it again from here.',
        )}
      </p>
    </div>
  )
}
