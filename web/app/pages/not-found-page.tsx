import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Page } from './page.tsx'
import { useLanguage } from '../../language/language.ts'
import { t } from '../../language/t.ts'

export function NotFoundPage() {
  useLanguage()
  return (
    <Page title={t('Page not found')}>
      <Notice text={t('There is no page at this address.')} />
    </Page>
  )
}

/** Explains why a page has no content, and offers a way on. */
export function Notice({ text, children }: { text: string; children?: ReactNode }) {
  return (
    <div className="m-auto grid max-w-sm gap-3 bg-bg px-10 py-6 text-center">
      <p className="text-muted">{text}</p>
      <Link to="/" className="text-accent underline underline-offset-4">
        {t('Start a new session')}
      </Link>
      {children}
    </div>
  )
}
