import { sessions } from '../../../shared/contract/api/sessions.ts'
import type { SessionId } from '../../../shared/contract/ids.ts'
import type { Call } from '../../http/rest/procedures.ts'
import type { Said } from '../files/said.ts'
import { DoorError } from './errors.ts'

/** Makes a session of what a client says was said before; it is not listed unless archived ones are asked for. */
export async function sessionOf(
  call: Call,
  history: readonly Said[],
  { now, archived = false }: { now: string; archived?: boolean },
): Promise<SessionId> {
  if (history.length === 0 && !archived) return (await call(sessions.create, {})).id
  const messages = history.map(({ role, text, files }, index) => ({
    id: `${index}`,
    parentId: index === 0 ? null : `${index - 1}`,
    role,
    createdAt: now,
    parts: [
      ...(text === '' ? [] : [{ type: 'text', text }]),
      ...files.map((file) => ({ type: 'file', file })),
    ],
    ...(role === 'assistant' && {
      ...{ status: 'completed', model: null, usage: null, error: null, run: null },
    }),
  }))
  const session = {
    id: 'session',
    ...{ title: null, titleSource: null, summary: null, status: 'active', model: null },
    ...{ systemPrompt: null, pinned: false, archived, createdAt: now, updatedAt: now },
    ...{ endedAt: null, durationMs: null, messages },
    activeLeaf: messages.at(-1)?.id ?? null,
  }
  const data = { format: 'throughline', version: 1, exportedAt: now, sessions: [session] }
  const [made] = (await call(sessions.import, { data })).sessions
  if (!made) throw new DoorError('The messages before the last one could not be taken.')
  return made.id
}
