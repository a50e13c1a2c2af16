/** What the server takes at most, in bytes. */
const MOST_BYTES = 64 * 1024 * 1024

/**
 * Adds the sessions of a file, ours or ChatGPT's conversations.json, to those that are there: all or none. It goes by
 * HTTP, for a conversation of years is more than a socket takes at once.
 *
 * @returns how many sessions came in
 * @throws Error with words for a person
 */
export async function importFile(file: Blob): Promise<number> {
  if (file.size > MOST_BYTES - 1024) {
    throw new Error('This file is too large: an import may have 64 MiB at most.')
  }
  const text = await file.text()
  if (!isJson(text)) throw new Error('This file is not JSON.')
  const response = await fetch('/api/session/import', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"data":${text}}`,
  })
  const answer: unknown = await response.json()
  if (typeof answer !== 'object' || answer === null) throw new Error('The server did not answer.')
  if ('sessions' in answer && Array.isArray(answer.sessions)) return answer.sessions.length
  throw new Error(
    'message' in answer && typeof answer.message === 'string'
      ? answer.message
      : `The server refused the file (${response.status}).`,
  )
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
