export type VoiceSettings = {
  speed: number
  /** `server:NAME` or `browser:NAME`; empty: whatever is there. */
  voice: string
}

export const SPEEDS = [0.75, 1, 1.25, 1.5, 1.75, 2] as const

const KEY = 'throughline.voice'
const listeners = new Set<() => void>()
let current: VoiceSettings | null = null

/** The voice and speed with which this browser reads aloud. */
export const voiceSettings = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  get(): VoiceSettings {
    current ??= stored()
    return current
  },
  set(change: Partial<VoiceSettings>): void {
    current = { ...voiceSettings.get(), ...change }
    try {
      localStorage.setItem(KEY, JSON.stringify(current))
    } catch {
      // Storage is blocked: the choice lasts until the page is closed.
    }
    for (const listener of listeners) listener()
  },
}

function stored(): VoiceSettings {
  const settings = { speed: 1, voice: '' }
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
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
