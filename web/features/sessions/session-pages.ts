import type { Session } from '../../../shared/contract/session.ts'

export type SessionPage = { items: Session[]; nextCursor: string | null }

/**
 * Updates one session in the loaded pages and moves it to the place of its last activity. A session beyond the last
 * loaded page is left out.
 */
export function withSession<Page extends SessionPage>(pages: Page[], session: Session): Page[] {
  const others = withoutSession(pages, session.id)
  if (session.archived) return others
  for (const [index, page] of others.entries()) {
    const place = page.items.findIndex((item) => item.updatedAt <= session.updatedAt)
    const isLast = index === others.length - 1 && page.nextCursor === null
    if (place === -1 && !isLast) continue
    const items = page.items.toSpliced(place === -1 ? page.items.length : place, 0, session)
    return others.with(index, { ...page, items })
  }
  return others
}

export function withoutSession<Page extends SessionPage>(pages: Page[], id: string): Page[] {
  return pages.map((page) =>
    page.items.some((item) => item.id === id)
      ? { ...page, items: page.items.filter((item) => item.id !== id) }
      : page,
  )
}
