type Known = { id: string; title: string | null; running: boolean; waiting: boolean; seq: number }

/** A change in a session that a person on another page or tab wants to know. */
export type News = { type: 'done' | 'waits'; session: Known }

/** The changes between two states of the session list. A session that is new in it has none. */
export function newsOf(before: readonly Known[], now: readonly Known[]): News[] {
  const known = new Map(before.map((session) => [session.id, session]))
  return now.flatMap((session): News[] => {
    const was = known.get(session.id)
    if (was === undefined) return []
    if (session.running && session.waiting && !was.waiting) return [{ type: 'waits', session }]
    return was.running && !session.running ? [{ type: 'done', session }] : []
  })
}

export type Mark = 'waits' | 'answering' | 'done' | null

/**
 * The one thing that the title and the icon show.
 * @param unseen how many answers ended while nobody looked
 */
export function markOf(sessions: readonly Known[], unseen: number): Mark {
  if (sessions.some(({ running, waiting }) => running && waiting)) return 'waits'
  if (unseen > 0) return 'done'
  return sessions.some(({ running }) => running) ? 'answering' : null
}

/** The session that the worker asks a page to show (web/worker); null for any other message. */
export function sessionToOpen(message: unknown): string | null {
  const { open }: { open?: unknown } = Object(message)
  return typeof open === 'string' ? open : null
}

/** The session of which the worker asks whether this page shows it; null for any other message. */
export function sessionAskedFor(message: unknown): string | null {
  const { shows }: { shows?: unknown } = Object(message)
  return typeof shows === 'string' ? shows : null
}
