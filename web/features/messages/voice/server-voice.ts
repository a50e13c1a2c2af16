import { basePath } from '../../../base-path.ts'
import { voiceSettings } from './voice-settings.ts'
import type { Voice } from './voices.ts'
import { t } from '../../../language/t.ts'

/** Voices that OpenAI's service knows; another service may know others, and has one of its own. */
export const SERVER_VOICES = [
  ...['alloy', 'ash', 'ballad', 'coral', 'echo', 'fable', 'nova', 'onyx', 'sage', 'shimmer'],
  'verse',
]

/** Plays the server's audio while it arrives. */
export function serverVoice(): Voice {
  const audio = new Audio()
  audio.preload = 'auto'
  let isPaused = false
  return {
    pause: () => {
      isPaused = true
      audio.pause()
    },
    resume: () => {
      isPaused = false
      audio.play().catch(() => undefined)
    },
    async read({ messageId, from, to }, signal) {
      signal.throwIfAborted()
      const { voice } = voiceSettings.get()
      const query = new URLSearchParams({ from: String(from), to: String(to) })
      if (voice.startsWith('server:')) query.set('voice', voice.slice('server:'.length))
      const over = Promise.withResolvers<void>()
      const listening = new AbortController()
      const options = { signal: listening.signal }
      audio.addEventListener('ended', () => over.resolve(), options)
      audio.addEventListener(
        'error',
        () => over.reject(new Error(t('The speech service cannot be used now.'))),
        options,
      )
      signal.addEventListener('abort', () => over.reject(signal.reason), options)
      // The pitch stays, and a change of speed needs no other recording.
      const setSpeed = () => {
        audio.playbackRate = voiceSettings.get().speed
      }
      const unsubscribe = voiceSettings.subscribe(setSpeed)
      try {
        audio.src = `${basePath}/api/messages/${messageId}/speech?${query.toString()}`
        audio.defaultPlaybackRate = voiceSettings.get().speed
        setSpeed()
        // A pause while the sound is still loading rejects this, and is no fault of the service.
        const played = isPaused ? over.promise : audio.play()
        await Promise.race([played, over.promise]).catch((error: unknown) => {
          if (!isPaused) throw error
        })
        await over.promise
      } finally {
        unsubscribe()
        listening.abort()
        audio.pause()
        audio.removeAttribute('src')
        audio.load()
      }
    },
  }
}
