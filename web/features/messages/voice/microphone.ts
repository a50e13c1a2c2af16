import { t } from '../../../language/t.ts'

const LOOK_EVERY_MS = 50
/** Louder than this, as the root mean square of samples between -1 and 1, is a voice in a quiet room. */
const LEAST_LOUDNESS = 0.015
const SPEAKS_AFTER_MS = 150
const SILENT_AFTER_MS = 1_200
/** After this long a silence the recording begins anew, so that the silence is not transcribed. */
const FRESH_AFTER_MS = 20_000

const TYPES = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus']

export type Recording = {
  /** @returns null when nothing was recorded */
  finish(): Promise<Blob | null>
  cancel(): void
}

export type Microphone = Disposable & {
  record(): Recording
  /** Resolves with a recording once somebody has spoken and is silent again. */
  utterance(signal: AbortSignal, onSpeech: () => void): Promise<Blob | null>
  /** Resolves when somebody speaks loudly enough to be meant. */
  speech(signal: AbortSignal): Promise<void>
}

/** @throws with a sentence for the person */
export async function openMicrophone(): Promise<Microphone> {
  if (!('mediaDevices' in navigator) || typeof MediaRecorder === 'undefined') {
    throw new Error(t('This page cannot record: it needs HTTPS, or a newer browser.'))
  }
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }
  const stream = await navigator.mediaDevices.getUserMedia({ audio }).catch(explain)
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  analyser.fftSize = 1024
  context.createMediaStreamSource(stream).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)

  function loudness(): number {
    analyser.getFloatTimeDomainData(samples)
    return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length)
  }

  /** Calls back about every 50 ms with the durations of speech and of silence, until it is ended. */
  function listen(
    signal: AbortSignal,
    least: number,
    onLook: (loudMs: number, silentMs: number) => boolean,
  ): Promise<void> {
    const over = Promise.withResolvers<void>()
    let floor = least
    let loudMs = 0
    let silentMs = 0
    const timer = setInterval(() => {
      const now = loudness()
      // The room's own noise, which rises slowly and falls at once.
      floor = Math.min(now, floor * 1.01 + 1e-5)
      const isLoud = now > Math.max(least, floor * 3)
      loudMs = isLoud ? loudMs + LOOK_EVERY_MS : 0
      silentMs = isLoud ? 0 : silentMs + LOOK_EVERY_MS
      if (onLook(loudMs, silentMs)) over.resolve()
    }, LOOK_EVERY_MS)
    const onAbort = () => over.reject(signal.reason)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    return over.promise.finally(() => {
      clearInterval(timer)
      signal.removeEventListener('abort', onAbort)
    })
  }

  const record = () => startRecording(stream)
  return {
    record,
    async utterance(signal, onSpeech) {
      let recording = record()
      let began = performance.now()
      let hasSpoken = false
      try {
        await listen(signal, LEAST_LOUDNESS, (loudMs, silentMs) => {
          if (!hasSpoken && loudMs >= SPEAKS_AFTER_MS) {
            hasSpoken = true
            onSpeech()
          }
          if (!hasSpoken && loudMs === 0 && performance.now() - began > FRESH_AFTER_MS) {
            recording.cancel()
            recording = record()
            began = performance.now()
          }
          return hasSpoken && silentMs >= SILENT_AFTER_MS
        })
      } catch (error) {
        recording.cancel()
        throw error
      }
      return recording.finish()
    },
    // Louder and longer, for the voice that reads is heard as well.
    speech: (signal) =>
      listen(signal, LEAST_LOUDNESS * 3, (loudMs) => loudMs >= SPEAKS_AFTER_MS * 2),
    [Symbol.dispose]() {
      for (const track of stream.getTracks()) track.stop()
      void context.close()
    },
  }
}

function startRecording(stream: MediaStream): Recording {
  const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type))
  const recorder = new MediaRecorder(stream, mimeType === undefined ? {} : { mimeType })
  const pieces: Blob[] = []
  const over = Promise.withResolvers<void>()
  recorder.addEventListener('dataavailable', ({ data }) => pieces.push(data))
  recorder.addEventListener('stop', () => over.resolve())
  recorder.start(1_000)
  const stop = () => {
    if (recorder.state !== 'inactive') recorder.stop()
  }
  return {
    async finish() {
      stop()
      await over.promise
      const recording = new Blob(pieces, { type: recorder.mimeType || 'audio/webm' })
      return recording.size === 0 ? null : recording
    },
    cancel: stop,
  }
}

function explain(error: unknown): never {
  const name = error instanceof DOMException ? error.name : ''
  if (name === 'NotAllowedError') {
    throw new Error(
      t('The microphone is not allowed here: allow it in the browser’s site settings.'),
    )
  }
  if (name === 'NotFoundError') throw new Error(t('No microphone was found.'))
  throw new Error(t('The microphone cannot be used: another program may have it.'), {
    cause: error,
  })
}
