import { speakable } from '../../../../shared/session/speakable.ts'
import { voiceSettings } from './voice-settings.ts'
import type { Voice } from './voices.ts'
import { t } from '../../../language/t.ts'

/** Browsers end long utterances early. */
const MOST = 220
/** A browser without a voice neither speaks nor reports an error. */
const PATIENCE_MS = 5_000

export function hasBrowserVoice(): boolean {
  return 'speechSynthesis' in window
}

/** Reads with the browser's own voices, sentence by sentence. */
export function browserVoice(): Voice {
  return {
    pause: () => speechSynthesis.pause(),
    resume: () => speechSynthesis.resume(),
    async read({ text, from, to }, signal) {
      for (const sentence of sentencesOf(speakable(text.slice(from, to)))) {
        await say(sentence, signal)
      }
    },
  }
}

/** Sentences of at most the length that browsers say without a break. */
export function sentencesOf(text: string): string[] {
  const segmenter = new Intl.Segmenter(undefined, { granularity: 'sentence' })
  return [...segmenter.segment(text)].flatMap(({ segment }) => {
    const words = segment.trim()
    if (words.length <= MOST) return words === '' ? [] : [words]
    return words.match(/.{1,220}(?:\s|$)|\S{1,220}/gs)?.map((part) => part.trim()) ?? []
  })
}

async function say(sentence: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const { voice, speed } = voiceSettings.get()
  const utterance = new SpeechSynthesisUtterance(sentence)
  utterance.rate = speed
  const chosen = speechSynthesis.getVoices().find(({ name }) => voice === `browser:${name}`)
  if (chosen) utterance.voice = chosen
  const over = Promise.withResolvers<void>()
  const none = new Error(t('This browser has no voice to read with.'))
  const timer = setTimeout(() => {
    if (speechSynthesis.getVoices().length === 0) over.reject(none)
  }, PATIENCE_MS)
  utterance.addEventListener('start', () => clearTimeout(timer))
  utterance.addEventListener('end', () => over.resolve())
  utterance.addEventListener('error', () => over.reject(none))
  const onAbort = () => {
    speechSynthesis.cancel()
    over.reject(signal.reason)
  }
  signal.addEventListener('abort', onAbort)
  speechSynthesis.speak(utterance)
  try {
    await over.promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}
