import { messages as declared } from '../../../../shared/contract/api/messages.ts'
import { sessions } from '../../../../shared/contract/api/sessions.ts'
import type { ExportedMessage } from '../../../../shared/contract/export.ts'
import type { SessionId } from '../../../../shared/contract/ids.ts'
import type { Call } from '../../../http/rest/procedures.ts'
import type { Said } from '../../files/said.ts'
import { DoorError } from '../errors.ts'
import { postedMessages } from './posted-messages.ts'

/** Longer histories are read like imported files: in a worker thread, one at a time. Messages; UTF-16 units. */
const LONG = { messages: 200, length: 500_000 }

type Made = { now: string; archived: boolean; systemPrompt: string | null }

/** Makes a session of a posted history. An archived one is listed only on request. */
export async function sessionOf(
  call: Call,
  history: readonly Said[],
  { now, archived = false, systemPrompt = null }: Pick<Made, 'now'> & Partial<Made>,
): Promise<SessionId> {
  const messages = postedMessages(history, now)
  if (isLong(messages)) return imported(call, messages, { now, archived, systemPrompt })
  const { id } = await call(sessions.create, {
    ...(archived && { archived }),
    ...(systemPrompt !== null && { systemPrompt }),
  })
  if (messages.length === 0) return id
  try {
    await call(declared.append, { sessionId: id, messages })
  } catch (error) {
    // No response has this session yet, so it can be deleted.
    await call(sessions.delete, { id }).catch(() => undefined)
    throw error
  }
  return id
}

function isLong(messages: readonly ExportedMessage[]): boolean {
  let length = 0
  return (
    messages.length > LONG.messages ||
    messages.some((message) => {
      length += JSON.stringify(message).length
      return length > LONG.length
    })
  )
}

async function imported(
  call: Call,
  messages: readonly ExportedMessage[],
  { now, archived, systemPrompt }: Made,
): Promise<SessionId> {
  const session = {
    id: 'session',
    ...{ title: null, titleSource: null, summary: null, status: 'active', model: null },
    ...{ systemPrompt, pinned: false, archived, createdAt: now, updatedAt: now },
    ...{ endedAt: null, durationMs: null, messages },
    activeLeaf: messages.at(-1)?.id ?? null,
  }
  const data = { format: 'throughline', version: 1, exportedAt: now, sessions: [session] }
  const [made] = (await call(sessions.import, { data })).sessions
  if (!made) throw new DoorError('The messages before the last one could not be taken.')
  return made.id
}
