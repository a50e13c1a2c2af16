import { keepChoice, keptChoice } from '../../../device/choices.ts'
import { pageValue } from '../../../page-value.ts'

export type VoiceSettings = {
  speed: number
  /** `server:NAME` or `browser:NAME`; empty: whatever is there. */
  voice: string
}

export const SPEEDS = [0.75, 1, 1.25, 1.5, 1.75, 2] as const

const KEY = 'throughline.voice'
const current = pageValue(stored)

/** The voice and speed with which this browser reads aloud. */
export const voiceSettings = {
  subscribe: current.subscribe,
  get: current.get,
  set(change: Partial<VoiceSettings>): void {
    const settings = { ...current.get(), ...change }
    keepChoice(KEY, JSON.stringify(settings))
    current.set(settings)
  },
}

function stored(): VoiceSettings {
  const settings = { speed: 1, voice: '' }
  try {
    const value: unknown = JSON.parse(keptChoice(KEY) ?? '{}')
    if (typeof value !== 'object' || value === null) return settings
    if ('speed' in value && SPEEDS.some((speed) => speed === value.speed)) {
      settings.speed = Number(value.speed)
    }
    if ('voice' in value && typeof value.voice === 'string') settings.voice = value.voice
  } catch {
    // Unreadable settings count as absent.
  }
  return settings
}
