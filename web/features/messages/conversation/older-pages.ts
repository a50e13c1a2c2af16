type Pages<Page> = { pages: Page[]; pageParams: unknown[] }

/** After being hidden for this long a page reloads its older messages. Milliseconds. */
const LONG_AWAY = 5 * 60_000
/** Each page is a request, which counts against the person's limit. */
const MOST_ASKED = 10

/** True when a page that becomes visible again should reload its older messages. */
export function isWorthAsking(at: { awayMs: number; pages: number; isFetching: boolean }): boolean {
  return !at.isFetching && at.awayMs >= LONG_AWAY && at.pages > 0 && at.pages <= MOST_ASKED
}

/** The same pages with one message changed; the very same when it is on none of them. */
export function changedIn<Page extends { messages: { id: string }[] }>(
  data: Pages<Page> | undefined,
  id: string,
  change: Partial<Page['messages'][number]>,
): Pages<Page> | undefined {
  if (!data?.pages.some(({ messages }) => messages.some((one) => one.id === id))) return data
  const pages = data.pages.map((page) => ({
    ...page,
    messages: page.messages.map((one) => (one.id === id ? { ...one, ...change } : one)),
  }))
  return { ...data, pages }
}
