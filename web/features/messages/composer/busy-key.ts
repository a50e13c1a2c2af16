import type { KeyboardEvent } from 'react'
import type { Written } from './send-message.ts'

export type WhenBusy = NonNullable<Written['whenBusy']>

/** The choice that a key makes; null for any other key. */
export function busyChoiceOf({
  key,
  altKey,
  ctrlKey,
  metaKey,
  nativeEvent,
}: KeyboardEvent): WhenBusy | null {
  if (key !== 'Enter' || nativeEvent.isComposing) return null
  if (altKey) return 'steer'
  return ctrlKey || metaKey ? 'interrupt' : null
}
