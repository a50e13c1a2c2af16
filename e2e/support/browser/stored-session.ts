import type { Page } from '@playwright/test'

/** The last answer of the page's session, as stored on the server. */
export async function storedAnswer(page: Page): Promise<StoredAnswer> {
  const last = (await storedMessages(page)).findLast(({ role }) => role === 'assistant')
  if (!last) throw new Error('the session has no answer')
  const calls = last.parts.flatMap((part) => part.call ?? [])
  return { status: last.status, text: textOf(last), calls }
}

/** The questions and answers of the page's session in turn, as stored on the server. */
export async function storedTurns(page: Page): Promise<string[]> {
  return (await storedMessages(page)).map(textOf)
}

async function storedMessages(page: Page): Promise<StoredMessage[]> {
  const { origin, pathname } = new URL(page.url())
  const response = await fetch(`${origin}/api${pathname.replace('/s/', '/session/')}`)
  const { messages }: { messages: StoredMessage[] } = JSON.parse(await response.text())
  return messages
}

function textOf({ parts }: StoredMessage): string {
  return parts.flatMap(({ text }) => (text === undefined ? [] : [text])).join('\n\n')
}

type StoredAnswer = { status: string; text: string; calls: StoredCall[] }
type StoredCall = { name: string; output: unknown }
type StoredMessage = {
  role: string
  status: string
  parts: { text?: string; call?: StoredCall }[]
}
