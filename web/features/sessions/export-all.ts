import { basePath } from '../../base-path.ts'
import type { Api } from '../../../shared/client/index.ts'
import { t } from '../../language/t.ts'

/**
 * Every session of the caller, including archived ones, as one file that can be imported again.
 * @param onProgress called with the number of sessions so far
 */
export async function exportAll(
  api: Pick<Api, 'sessions'>,
  now: Date,
  onProgress: (count: number) => void,
): Promise<{ name: string; content: string; count: number }> {
  const sessions: unknown[] = []
  for (const archived of [false, true]) {
    let cursor: string | null = null
    do {
      const page: { items: { id: string }[]; nextCursor: string | null } =
        await api.sessions.list.query({ archived, limit: 100, cursor })
      for (const { id } of page.items) {
        sessions.push(...(await sessionsOf(id)))
        onProgress(sessions.length)
      }
      cursor = page.nextCursor
    } while (cursor !== null)
  }
  const exportedAt = now.toISOString()
  const content = JSON.stringify({ format: 'throughline', version: 1, exportedAt, sessions })
  return {
    name: `throughline-export-${exportedAt.slice(0, 10)}.json`,
    content,
    count: sessions.length,
  }
}

/** Over HTTP, because the file may exceed what is exported over a socket. */
async function sessionsOf(id: string): Promise<unknown[]> {
  const response = await fetch(`${basePath}/api/session/${id}/export?format=json`)
  const file: unknown = await response.json()
  if (typeof file !== 'object' || file === null) {
    throw new Error(t('The export contains no sessions'))
  }
  if ('sessions' in file && Array.isArray(file.sessions)) return file.sessions
  throw new Error(
    'message' in file && typeof file.message === 'string'
      ? file.message
      : t('The export contains no sessions'),
  )
}
