type Pages<Page> = { pages: Page[]; pageParams: unknown[] }

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
