import { AudioLines, LoaderCircle, Mic, RotateCw } from 'lucide-react'
import { useEffect, useRef, useSyncExternalStore } from 'react'
import type { PointerEvent } from 'react'
import { useThroughline } from '../../../../shared/react/index.ts'
import { IconButton } from '../../../ui/controls/icon-button.tsx'
import { focusMessageBox } from '../composer/message-box.ts'
import { handsFree } from './hands-free.ts'
import type { HandsFreeStatus } from './hands-free.ts'
import { readings } from './reading.ts'
import { useDictation } from './use-dictation.ts'
import { msg, t } from '../../../language/t.ts'
import type { Marked } from '../../../language/t.ts'

/** Held longer than this, a button is let go to end the recording; a shorter press is a tap. */
const HOLD_MS = 400

/** Speaking into the message box, and a conversation without hands. */
export default function VoiceButtons(props: {
  draftKey: string
  isSession: boolean
  isEmpty: boolean
}) {
  const { draftKey, isSession, isEmpty } = props
  const client = useThroughline()
  const { status, start, retry, finish, cancel } = useDictation(draftKey)
  const mode = useSyncExternalStore(handsFree.subscribe, handsFree.get)
  const pressed = useRef<{ at: number; began: boolean } | null>(null)
  const isOn = mode !== 'off'
  const isBusy = status !== 'idle'

  useEffect(() => handsFree.at({ client, draftKey, isSession }), [client, draftKey, isSession])

  useEffect(() => {
    if (!isBusy && !isOn) return
    // This precedes the page's own Escape, which stops the answer.
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.isComposing) return
      event.preventDefault()
      event.stopPropagation()
      if (isBusy) cancel()
      else if (mode === 'reading') readings.stop()
      else handsFree.stop()
    }
    document.addEventListener('keydown', onKeyDown, true)
    return () => document.removeEventListener('keydown', onKeyDown, true)
  }, [isBusy, isOn, mode, cancel])

  function onPointerDown(event: PointerEvent): void {
    if (event.button !== 0) return
    pressed.current = { at: event.timeStamp, began: !isBusy }
    if (isBusy) finish()
    else start()
  }

  function onPointerUp(event: PointerEvent): void {
    const press = pressed.current
    if (press?.began && event.timeStamp - press.at > HOLD_MS) finish()
  }

  return (
    <>
      {(isBusy || isOn) && (
        <span role="status" className="self-center text-sm text-muted max-sm:sr-only">
          {status !== 'idle' ? t(DICTATION[status]) : mode === 'off' ? '' : t(MODES[mode])}
        </span>
      )}
      {retry && !isBusy && !isOn && (
        <IconButton
          label={t('Try to write it down again')}
          onClick={() => {
            // The button disappears, and the words come into the box.
            focusMessageBox()
            retry()
          }}
        >
          <RotateCw aria-hidden size={15} />
        </IconButton>
      )}
      {!isOn && (
        <button
          type="button"
          aria-label={t('Record')}
          title={t('Record (hold, or tap to begin and to end)')}
          aria-pressed={status === 'recording'}
          disabled={status === 'writing'}
          onPointerDown={onPointerDown}
          onPointerUp={onPointerUp}
          // A pointer has been dealt with above; this is the keyboard.
          onClick={({ detail }) => {
            if (detail === 0) (isBusy ? finish : start)()
          }}
          onContextMenu={(event) => event.preventDefault()}
          className={button}
        >
          {status === 'writing' ? (
            <LoaderCircle aria-hidden size={17} className="animate-spin" />
          ) : (
            <Mic aria-hidden size={17} />
          )}
        </button>
      )}
      {(isOn || (isEmpty && !isBusy)) && (
        <button
          type="button"
          aria-label={t('Hands-free')}
          title={isOn ? t('End hands-free') : t('Hands-free: speak, hear the answer, speak again')}
          aria-pressed={isOn}
          onClick={() => (isOn ? handsFree.stop() : handsFree.start())}
          className={button}
        >
          <AudioLines aria-hidden size={17} />
        </button>
      )}
    </>
  )
}

const DICTATION = {
  opening: msg('Opening the microphone…'),
  recording: msg('Recording…'),
  writing: msg('Writing it down…'),
}

const MODES: Record<Exclude<HandsFreeStatus, 'off'>, Marked> = {
  listening: msg('Listening…'),
  hearing: msg('Hearing you…'),
  writing: msg('Writing it down…'),
  waiting: msg('Waiting for the answer…'),
  reading: msg('Reading; speak to interrupt'),
}

const button =
  'grid size-9 shrink-0 cursor-pointer touch-none place-items-center rounded-full text-muted transition-colors duration-150 hover:bg-hover hover:text-text aria-pressed:animate-pulse aria-pressed:bg-accent-soft aria-pressed:text-accent disabled:cursor-default'
