import { talkFile } from '../../../server/sessions/testing/talk-file.ts'

/**
 * Creates a session by import, with questions and answers in turn.
 * @param beside another, older version of the last message
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
