import { talkFile } from '../../server/sessions/testing/talk-file.ts'

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
  versions: { beside?: string } = {},
): Promise<string> {
  const response = await fetch(`${url}/api/session/import`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ data: talkFile(title, texts, versions) }),
  })
  const { sessions }: { sessions: { id: string }[] } = JSON.parse(await response.text())
  const [session] = sessions
  if (!session) throw new Error(`nothing was imported: ${response.status}`)
  return session.id
}
