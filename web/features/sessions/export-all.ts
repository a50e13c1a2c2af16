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
        const { content } = await api.sessions.export.query({ id, format: 'json' })
        sessions.push(...sessionsIn(content))
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

function sessionsIn(content: string): unknown[] {
  const file: unknown = JSON.parse(content)
  const isFile = typeof file === 'object' && file !== null && 'sessions' in file
  if (!isFile || !Array.isArray(file.sessions)) {
    throw new Error(t('The export contains no sessions'))
  }
  return file.sessions
}
