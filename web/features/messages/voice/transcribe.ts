import { basePath } from '../../../base-path.ts'
import { t } from '../../../language/t.ts'
/**
 * Sends a recording to the server and calls back with its words as they come. The recording is kept nowhere.
 * @throws with a sentence for the person
 */
export async function transcribe(
  recording: Blob,
  onWords: (words: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch(`${basePath}/api/speech/transcriptions`, {
    method: 'POST',
    headers: { 'content-type': recording.type },
    body: recording,
    signal,
  }).catch((cause: unknown) => {
    signal.throwIfAborted()
    throw new Error(t('the server cannot be reached. Speak again when the connection is back.'), {
      cause,
    })
  })
  if (!response.ok || !response.body) throw new Error(await reasonOf(response))
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    onWords(value)
  }
}

async function reasonOf(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => null)
  const known =
    typeof body === 'object' && body !== null && 'message' in body ? body.message : undefined
  return typeof known === 'string'
    ? known
    : t('the server answered {status}.', { status: response.status })
}
