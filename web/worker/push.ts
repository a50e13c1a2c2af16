// What the server tells this device while no page is in view (server/push).

export type Told = { sessionId: string; seq: number; kind: 'done' | 'waits'; title: string | null }

/** Null for what is none of ours. */
export function toldIn(text: string): Told | null {
  try {
    const { sessionId, seq, kind, title }: Partial<Told> = Object(JSON.parse(text))
    if (typeof sessionId !== 'string' || typeof seq !== 'number') return null
    if (kind !== 'done' && kind !== 'waits') return null
    return { sessionId, seq, kind, title: typeof title === 'string' ? title : null }
  } catch {
    return null
  }
}

/** The same as a page in the background shows: the tag lets one take the place of the other. */
export function notificationOf({ sessionId, seq, kind, title }: Told) {
  return {
    title: title ?? 'Throughline',
    body: kind === 'done' ? 'The answer is there.' : 'A tool waits for your approval.',
    tag: `${sessionId} ${kind}`,
    data: { sessionId, seq },
  }
}

/** True for a place in the log that is not beyond what a notification of the same tag shows. */
export function isShown(told: Told, shown: readonly { data: unknown }[]): boolean {
  return shown.some(({ data }) => {
    const { seq }: { seq?: unknown } = Object(data)
    return typeof seq === 'number' && seq >= told.seq
  })
}
