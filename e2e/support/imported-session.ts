import { ExportFile } from '../../shared/contract/export.ts'

/**
 * Brings a conversation into being that nobody had to have, question and answer in turn.
 *
 * @param beside another version of the last message, older than it
 * @returns the session's id
 */
export async function importedSession(
  url: string,
  title: string,
  texts: readonly string[],
  { beside }: { beside?: string } = {},
): Promise<string> {
  const at = '2026-01-01T00:00:00.000Z'
  const message = (id: number, parent: number, text: string) => ({
    id: String(id),
    parentId: parent < 0 ? null : String(parent),
    createdAt: at,
    parts: [{ type: 'text', text }],
    ...(parent % 2 === 0
      ? {
          role: 'assistant',
          status: 'completed',
          model: 'of-old',
          usage: null,
          error: null,
          run: null,
        }
      : { role: 'user' }),
  })
  const last = texts.length - 1
  const messages = texts.map((text, index) => message(index, index - 1, text))
  if (beside !== undefined) messages.splice(last, 0, message(texts.length, last - 1, beside))
  const file = ExportFile.parse({
    format: 'throughline',
    version: 1,
    exportedAt: at,
    sessions: [
      {
        id: 'one',
        title,
        titleSource: 'person',
        summary: null,
        status: 'active',
        model: null,
        systemPrompt: null,
        pinned: false,
        archived: false,
        createdAt: at,
        updatedAt: at,
        endedAt: null,
        durationMs: null,
        activeLeaf: String(last),
        messages,
      },
    ],
  })
  const response = await fetch(`${url}/api/session/import`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ data: file }),
  })
  const { sessions }: { sessions: { id: string }[] } = JSON.parse(await response.text())
  const [session] = sessions
  if (!session) throw new Error(`nothing was imported: ${response.status}`)
  return session.id
}
