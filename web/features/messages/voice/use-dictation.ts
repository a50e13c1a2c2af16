import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { drafts } from '../composer/drafts/page-drafts.ts'
import { dictateInto } from './dictation.ts'
import { openMicrophone } from './microphone.ts'
import type { Microphone, Recording } from './microphone.ts'
import { transcribe } from './transcribe.ts'
import { unwritten, writeDown } from './unwritten.ts'
import { t } from '../../../language/t.ts'

export type DictationStatus = 'idle' | 'opening' | 'recording' | 'writing'

/** The longest recording, in milliseconds. */
const MOST_MS = 10 * 60_000

/** Speaking into the message box: nothing is sent by itself. */
export function useDictation(draftKey: string) {
  const [status, setStatus] = useState<DictationStatus>('idle')
  const current = useRef<{ stop: AbortController; end: () => void; writes?: Blob } | null>(null)

  const kept = useSyncExternalStore(unwritten.subscribe, () => unwritten.get(draftKey))

  useEffect(() => () => current.current?.stop.abort(), [draftKey])

  /** @param again a recording whose transcription failed; null to record */
  async function start(again: Blob | null): Promise<void> {
    if (current.current) return
    const stop = new AbortController()
    const ended = Promise.withResolvers<void>()
    current.current = { stop, end: ended.resolve }
    stop.signal.addEventListener('abort', () => ended.resolve())
    const timer = setTimeout(ended.resolve, MOST_MS)
    setStatus(again ? 'writing' : 'opening')
    try {
      const recording =
        again ?? (await recorded(stop.signal, ended.promise, () => setStatus('recording')))
      if (recording) {
        setStatus('writing')
        if (current.current) current.current.writes = recording
        const into = dictateInto(draftKey)
        await writeDown(draftKey, recording, (kept) =>
          transcribe(kept, into.write, stop.signal).catch((error: unknown) => {
            into.takeBack()
            throw error
          }),
        )
      }
    } catch (error) {
      if (!stop.signal.aborted) {
        drafts.report(
          draftKey,
          t('Not written down: {reason}', { reason: error instanceof Error ? error.message : '' }),
        )
      }
    } finally {
      clearTimeout(timer)
      current.current = null
      setStatus('idle')
    }
  }

  return {
    status,
    start: () => void start(null),
    /** Writes down what could not be written down before; null when there is nothing. */
    retry: kept && (() => void start(kept)),
    /** Ends the recording: its words are written down. */
    finish: () => current.current?.end(),
    /** Discards the current recording or transcription, but not an earlier recording whose transcription failed. */
    cancel() {
      const { stop, writes } = current.current ?? {}
      stop?.abort()
      if (writes && unwritten.get(draftKey) === writes) unwritten.forget(draftKey)
    },
  }
}

async function recorded(
  signal: AbortSignal,
  ended: Promise<void>,
  onBegin: () => void,
): Promise<Blob | null> {
  using microphone: Microphone = await openMicrophone()
  signal.throwIfAborted()
  const recording: Recording = microphone.record()
  onBegin()
  await ended
  if (!signal.aborted) return await recording.finish()
  recording.cancel()
  return null
}
