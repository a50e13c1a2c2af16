import { basePath } from '../../base-path.ts'
import { formatNumber } from '../../language/format.ts'
import { t } from '../../language/t.ts'

/** The most bytes that the server accepts. */
const MAX_BYTES = 64 * 1024 * 1024

/**
 * Imports the sessions of a file, ours or ChatGPT's, as JSON or as an archive with files: all or none. Over HTTP, because the file may
 * exceed the limit of a WebSocket message.
 * @returns the number of imported sessions
 * @throws Error with a message for the user
 */
export async function importFile(file: Blob): Promise<number> {
  const response = (await isZip(file)) ? await sendArchive(file) : await sendJson(file)
  const answer: unknown = await response.json()
  if (typeof answer !== 'object' || answer === null) {
    throw new Error(t('The server did not answer.'))
  }
  if ('sessions' in answer && Array.isArray(answer.sessions)) return answer.sessions.length
  throw new Error(
    'message' in answer && typeof answer.message === 'string'
      ? answer.message
      : t('The server refused the file ({status}).', { status: response.status }),
  )
}

/** Decides by the first bytes. */
async function isZip(file: Blob): Promise<boolean> {
  return (await file.slice(0, 4).text()) === 'PK\u0003\u0004'
}

function sendArchive(file: Blob): Promise<Response> {
  return fetch(`${basePath}/api/session/import/zip`, {
    method: 'POST',
    headers: { 'content-type': 'application/zip' },
    body: file,
  })
}

async function sendJson(file: Blob): Promise<Response> {
  if (file.size > MAX_BYTES - 1024) {
    const amount = formatNumber(MAX_BYTES / 1024 / 1024)
    throw new Error(
      t('This file is too large: an import may have {amount} MiB at most.', { amount }),
    )
  }
  const text = await file.text()
  if (!isJson(text)) throw new Error(t('This file is not JSON.'))
  return fetch(`${basePath}/api/session/import`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"data":${text}}`,
  })
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
