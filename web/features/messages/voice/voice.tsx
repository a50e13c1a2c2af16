import { useEffect, useSyncExternalStore } from 'react'
import { useHealth } from '../../../health.ts'
import { readings } from './reading.ts'
import { lazyPart } from '../../../ui/loading/lazy-part.tsx'

const VoiceButtons = lazyPart(() => import('./voice-buttons.tsx'))
const ReadingBar = lazyPart(() => import('./reading-bar.tsx'))

/** The microphone of the message box; nothing where the server has no service for speech. */
export function Voice(props: { draftKey: string; isSession: boolean; isEmpty: boolean }) {
  const hasService = useHealth()?.speech ?? false
  if (!hasService) return null
  return <VoiceButtons {...props} />
}

/** The controls of the reading. */
export function ReadingControlsBar() {
  const { reading } = useSyncExternalStore(readings.subscribe, readings.get)
  // Reading ends with the last message box, because nothing else has a button to stop it.
  useEffect(() => readings.atBox(), [])
  return reading && <ReadingBar reading={reading} />
}
