import type { Outputs } from '../../../shared/client/index.ts'

export type Hit = Outputs['sessions']['search'][number]

/** The hits in one session, best first. */
export type HitGroup = Pick<Hit, 'sessionId' | 'title'> & { hits: Hit[] }

/** The hits by session; the session with the best hit first. */
export function hitGroups(hits: readonly Hit[]): HitGroup[] {
  const groups = new Map<string, HitGroup>()
  for (const hit of hits) {
    const { sessionId, title } = hit
    const group = groups.get(sessionId)
    if (group) group.hits.push(hit)
    else groups.set(sessionId, { sessionId, title, hits: [hit] })
  }
  return [...groups.values()]
}
