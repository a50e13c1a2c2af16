import type { ExportFile, ExportedSession } from '../../../shared/contract/export.ts'

/** A file with each id as the place of what it names, and without when it was written. */
export function withoutIds(file: ExportFile): unknown {
  return file.sessions.map(sessionWithoutIds)
}

export function sessionWithoutIds(session: ExportedSession): unknown {
  const places = new Map(session.messages.map(({ id }, index) => [id, String(index)]))
  const place = (id: string | null) => (id === null ? null : places.get(id))
  return {
    ...session,
    id: 'session',
    activeLeaf: place(session.activeLeaf),
    messages: session.messages.map((message) => ({
      ...message,
      id: place(message.id),
      parentId: place(message.parentId),
    })),
  }
}
