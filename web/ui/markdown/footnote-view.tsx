import type { MouseEvent, ReactNode } from 'react'
import { useLanguage } from '../../language/language.ts'
import { t } from '../../language/t.ts'

/** The number in a text; it leads to its footnote in the same text. */
export function FootnoteMark({ label }: { label: string }) {
  useLanguage()
  return (
    <sup data-footnote-mark={label} tabIndex={-1}>
      <button
        type="button"
        className="footnote-link"
        aria-label={t('Footnote {label}', { label })}
        onClick={(event) => goTo(event, `[data-footnote="${label}"]`)}
      >
        {label}
      </button>
    </sup>
  )
}

export function FootnoteView({ label, children }: { label: string; children: ReactNode }) {
  return (
    <p className="footnote" dir="auto" role="note" data-footnote={label} tabIndex={-1}>
      <button
        type="button"
        className="footnote-link"
        aria-label={t('Back from footnote {label}', { label })}
        onClick={(event) => goTo(event, `[data-footnote-mark="${label}"]`)}
      >
        {label}.
      </button>{' '}
      {children}
    </p>
  )
}

function goTo(event: MouseEvent<HTMLElement>, selector: string): void {
  const place = event.currentTarget.closest('.markdown')?.querySelector<HTMLElement>(selector)
  place?.scrollIntoView({ block: 'center' })
  place?.focus({ preventScroll: true })
}
