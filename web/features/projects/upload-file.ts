import { basePath } from '../../base-path.ts'
import { t } from '../../language/t.ts'

export type Stored = { id: string; name: string }

/**
 * Gives a file to the server.
 * @throws Error with a message for the user
 */
export async function uploadFile(file: File): Promise<Stored> {
  const response = await fetch(`${basePath}/api/files`, {
    method: 'POST',
    headers: {
      'content-type': file.type || 'application/octet-stream',
      'x-file-name': encodeURIComponent(file.name),
    },
    body: file,
  })
  const answer: unknown = await response.json().catch(() => null)
  const stored = Object(answer) as { id?: unknown; name?: unknown; message?: unknown }
  if (response.ok && typeof stored.id === 'string' && typeof stored.name === 'string') {
    return { id: stored.id, name: stored.name }
  }
  throw new Error(
    typeof stored.message === 'string'
      ? `${file.name}: ${stored.message}`
      : t('{name} could not be uploaded ({status}).', {
          name: file.name,
          status: response.status,
        }),
  )
}
