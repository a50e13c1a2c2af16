import { basePath } from '../../base-path.ts'

/** The most bytes that the server accepts. */
const MAX_BYTES = 64 * 1024 * 1024

/**
 * Imports the sessions of a file, ours or ChatGPT's conversations.json: all or none. Over HTTP, because the file may
 * exceed the limit of a WebSocket message.
 * @returns the number of imported sessions
 * @throws Error with a message for the user
 */
export async function importFile(file: Blob): Promise<number> {
  if (file.size > MAX_BYTES - 1024) {
    throw new Error('This file is too large: an import may have 64 MiB at most.')
  }
  const text = await file.text()
  if (!isJson(text)) throw new Error('This file is not JSON.')
  const response = await fetch(`${basePath}/api/session/import`, {
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
