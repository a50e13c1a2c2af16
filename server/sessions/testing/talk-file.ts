import { ExportFile } from '../../../shared/contract/export.ts'

/**
 * A file of one conversation, question and answer in turn.
 *
 * @param beside another version of the last message, older than it
 */
export function talkFile(
  title: string,
  texts: readonly string[],
  { beside }: { beside?: string } = {},
): ExportFile {
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
  return ExportFile.parse({
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
}
