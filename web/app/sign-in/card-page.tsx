import type { ReactNode } from 'react'
import { Wordmark } from '../wordmark.tsx'

/** A page with one thing to do, for people who are not signed in. */
export function CardPage({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="grid h-dvh justify-items-center overflow-y-auto px-4 py-10 sm:py-16">
      <title>{`${title} · Throughline`}</title>
      <div className="my-auto grid w-full max-w-sm gap-6">
        <h1 className="sr-only">{title}</h1>
        <div className="justify-self-center">
          <Wordmark />
        </div>
        <div className="rounded-2xl border border-border bg-raised p-6 shadow-sm">{children}</div>
      </div>
    </main>
  )
}
