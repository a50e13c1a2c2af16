import type { AppMessage, Client } from '../../../../shared/client/index.ts'
import { isActive } from '../../../../shared/contract/active.ts'
import { speakable, spokenText } from '../../../../shared/session/speakable.ts'
import { browserVoice, hasBrowserVoice } from './browser-voice.ts'
import type { Reading, ReadingControls } from './reading.ts'
import { nextOf } from './next-of.ts'
import { segmentEnd } from './segments.ts'
import { serverVoice } from './server-voice.ts'
import { voiceSettings } from './voice-settings.ts'
import { t } from '../../../language/t.ts'

/**
 * Reads an answer to its end, and waits for text that is not written yet. If the service fails, the browser's voice
 * goes on.
 *
 * @param onVoice called with the current voice and its controls
 * @throws when no voice works, or the signal aborts
 */
export async function readMessage(
  client: Client,
  message: AppMessage,
  by: Reading['by'],
  signal: AbortSignal,
  onVoice: (by: Reading['by'], controls: ReadingControls) => void,
): Promise<void> {
  const prefersBrowser = voiceSettings.get().voice.startsWith('browser:')
  let voice = by === 'server' && !prefersBrowser ? serverVoice() : null
  let read = 0
  for (;;) {
    signal.throwIfAborted()
    const { text, isWhole } = stateOf(client, message)
    const to = segmentEnd(text, read, isWhole)
    if (to > read) {
      const segment = { messageId: message.id, text, from: read, to }
      if (speakable(text.slice(read, to)).trim() !== '') {
        voice = await readSegment(segment, voice)
      }
      read = to
    } else if (isWhole) {
      return
    } else {
      await nextChange(client, message.sessionId, signal)
    }
  }

  async function readSegment(
    segment: Parameters<ReturnType<typeof serverVoice>['read']>[0],
    service: ReturnType<typeof serverVoice> | null,
  ) {
    if (service) {
      onVoice('server', service)
      try {
        await service.read(segment, signal)
        return service
      } catch (error) {
        if (signal.aborted || !hasBrowserVoice()) throw error
      }
    }
    if (!hasBrowserVoice()) throw new Error(t('This browser has no voice to read with.'))
    const own = browserVoice()
    onVoice('browser', own)
    await own.read(segment, signal)
    return null
  }
}

function stateOf(client: Client, message: AppMessage): { text: string; isWhole: boolean } {
  const { state } = client.session(message.sessionId).store.getSnapshot()
  const current = state?.messages.find(({ id }) => id === message.id) ?? message
  return { text: spokenText(current.parts), isWhole: !isActive(current) }
}

function nextChange(client: Client, sessionId: string, signal: AbortSignal): Promise<void> {
  return nextOf(client.session(sessionId).store, signal)
}
