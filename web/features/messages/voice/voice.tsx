import { Suspense, lazy, useEffect, useSyncExternalStore } from 'react'
import { useHealth } from '../../../health.ts'
import { readings } from './reading.ts'
import { loaded } from '../../../ui/loaded.ts'

const VoiceButtons = lazy(() => loaded(() => import('./voice-buttons.tsx')))
const ReadingBar = lazy(() => loaded(() => import('./reading-bar.tsx')))

/** The microphone of the message box; nothing where the server has no service for speech. */
export function Voice(props: { draftKey: string; isSession: boolean; isEmpty: boolean }) {
  const hasService = useHealth()?.speech ?? false
  if (!hasService) return null
  return (
    <Suspense>
      <VoiceButtons {...props} />
    </Suspense>
  )
}

/** The controls of what is read aloud. */
export function ReadingControlsBar() {
  const { reading } = useSyncExternalStore(readings.subscribe, readings.get)
  // Where no box is, nothing could stop it.
  useEffect(() => readings.atBox(), [])
  return (
    reading && (
      <Suspense>
        <ReadingBar reading={reading} />
      </Suspense>
    )
  )
}
