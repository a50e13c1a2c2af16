import type { AppMessage, Client } from '../../../../shared/client/index.ts'
import { messageBox } from '../composer/message-box.ts'
import { drafts } from '../composer/drafts/page-drafts.ts'
import { openMicrophone } from './microphone.ts'
import type { Microphone } from './microphone.ts'
import { readAloud, readings } from './reading.ts'
import { transcribe } from './transcribe.ts'
import { writeDown } from './unwritten.ts'
import { t } from '../../../language/t.ts'
import { pageValue } from '../../../page-value.ts'

export type HandsFreeStatus = 'off' | 'listening' | 'hearing' | 'writing' | 'waiting' | 'reading'

/** The message box of the conversation; it changes once the first message has created the session. */
type Place = { client: Client; draftKey: string; isSession: boolean }

const status = pageValue<HandsFreeStatus>(() => 'off')
let place: Place | null = null
/** The session that this conversation has begun. */
let begun: string | null = null
let running: AbortController | null = null

/** Speaking and listening in turns. A conversation that begins on the page of a new session goes on in the session. */
export const handsFree = {
  subscribe: status.subscribe,
  get: status.get,
  /**
   * Sets the visible message box. The conversation goes on in the session that it has begun; any other page, also one
   * without a box, ends it.
   *
   * @returns a function that reports that the box is gone
   */
  at(shown: Place): () => void {
    const isElsewhere = place?.draftKey !== shown.draftKey && shown.draftKey !== begun
    if (running && isElsewhere) handsFree.stop()
    place = shown
    status.set(status.get())
    return () => {
      // The next page's box, if any, is there in the same commit.
      queueMicrotask(() => {
        if (place === shown) handsFree.leave()
      })
    }
  },
  leave(): void {
    place = null
    if (running) handsFree.stop()
  },
  start(): void {
    if (running) return
    const stop = new AbortController()
    running = stop
    begun = null
    converse(stop.signal)
      .catch((error: unknown) => {
        const text = error instanceof Error ? error.message : t('Speaking does not work now.')
        if (!stop.signal.aborted && place) drafts.report(place.draftKey, text)
      })
      .finally(() => {
        if (running === stop) running = null
        status.set('off')
      })
  },
  stop(): void {
    running?.abort()
    readings.stop()
  },
}

async function converse(signal: AbortSignal): Promise<void> {
  status.set('listening')
  using microphone = await openMicrophone()
  while (!signal.aborted) {
    status.set('listening')
    const recording = await microphone.utterance(signal, () => status.set('hearing'))
    if (!recording) continue
    status.set('writing')
    const { draftKey } = place ?? {}
    if (draftKey === undefined) return
    let words = ''
    await writeDown(draftKey, recording, (kept) =>
      transcribe(kept, (more) => (words += more), signal),
    )
    if (words.trim() === '') continue
    const known = new Set(messages().map(({ id }) => id))
    // The message box has the text again, and shows the reason.
    const said = await say(words.trim(), signal)
    if (said === null) return
    status.set('waiting')
    const answer = await nextAnswer(known, said, signal)
    // The microphone must not stay open when there will be no answer.
    if (answer === 'not-sent') return
    if (!answer) continue
    status.set('reading')
    await readUntilInterrupted(microphone, answer, signal)
  }
}

/**
 * Puts the words into the box and submits it like a person, so that refusals are shown there. An unsent text of the
 * person is kept in the box.
 *
 * @returns the message's id; null when it was not sent
 */
async function say(words: string, signal: AbortSignal): Promise<string | null> {
  if (!place) return null
  const { client, draftKey } = place
  const typed = drafts.get(draftKey)
  drafts.set(draftKey, words)
  // The box has been drawn with its words by then.
  await new Promise((resolve) => setTimeout(resolve))
  if (signal.aborted) {
    drafts.set(draftKey, [typed, words].filter(Boolean).join('\n\n'))
    return null
  }
  const before = new Set(client.outbox.getSnapshot().map(({ id }) => id))
  messageBox()?.form?.requestSubmit()
  const sent = client.outbox.getSnapshot().find(({ id }) => !before.has(id))
  if (sent) begun = sent.sessionId
  const box = sent?.sessionId ?? draftKey
  if (typed !== '') drafts.set(box, [typed, drafts.get(box)].filter(Boolean).join('\n\n'))
  return sent?.id ?? null
}

async function readUntilInterrupted(
  microphone: Microphone,
  answer: AppMessage,
  signal: AbortSignal,
): Promise<void> {
  if (!place) return
  const over = new AbortController()
  const interrupted = microphone.speech(AbortSignal.any([signal, over.signal]))
  interrupted.then(readings.stop, () => undefined)
  try {
    await readAloud(place.client, answer, true)
  } finally {
    over.abort()
  }
}

function messages(): readonly AppMessage[] {
  if (!place?.isSession) return []
  return place.client.session(place.draftKey).store.getSnapshot().state?.messages ?? []
}

/**
 * The next answer as soon as it has words; null when it ended without any.
 *
 * @param said the question's id; the server may refuse the question
 */
function nextAnswer(
  known: ReadonlySet<string>,
  said: string,
  signal: AbortSignal,
): Promise<AppMessage | null | 'not-sent'> {
  return new Promise((resolve, reject) => {
    const outbox = place?.client.outbox
    let leave: (() => void) | null = null
    let followed = ''
    const look = (): void => {
      const isRefused = outbox
        ?.getSnapshot()
        .some(({ id, state }) => id === said && state === 'refused')
      if (isRefused) return end(() => resolve('not-sent'))
      if (place?.isSession && followed !== place.draftKey) {
        leave?.()
        followed = place.draftKey
        leave = place.client.session(followed).store.subscribe(look)
      }
      const answer = messages().findLast(({ id, role }) => role === 'assistant' && !known.has(id))
      const hasWords = answer?.parts.some((part) => part.type === 'text' && part.text !== '')
      const isOver = answer && answer.status !== 'running' && answer.status !== 'waiting'
      if (hasWords || isOver) end(() => resolve(hasWords ? (answer ?? null) : null))
    }
    const onAbort = () => end(() => reject(signal.reason))
    const end = (settle: () => void): void => {
      leave?.()
      leaveOutbox?.()
      leaveStatus()
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    const leaveOutbox = outbox?.subscribe(look)
    const leaveStatus = status.subscribe(look)
    signal.addEventListener('abort', onAbort)
    look()
  })
}
