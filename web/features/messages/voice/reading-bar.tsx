import { Pause, Play, Square } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { useHealth } from '../../../health.ts'
import { IconButton } from '../../../ui/controls/icon-button.tsx'
import { hasBrowserVoice } from './browser-voice.ts'
import { readings } from './reading.ts'
import type { Reading } from './reading.ts'
import { SERVER_VOICES } from './server-voice.ts'
import { SPEEDS, voiceSettings } from './voice-settings.ts'
import { t } from '../../../language/t.ts'
import { formatNumber } from '../../../language/format.ts'

/** The controls of the answer that is read aloud: pause, stop, speed and voice. */
export default function ReadingBar({ reading }: { reading: Reading }) {
  const { speed, voice } = useSyncExternalStore(voiceSettings.subscribe, voiceSettings.get)
  const hasService = useHealth()?.speech ?? false
  const isPaused = reading.status === 'paused'
  const browserVoices = hasBrowserVoice() ? speechSynthesis.getVoices() : []
  return (
    <div
      role="group"
      aria-label={t('Reading aloud')}
      className="flex flex-wrap items-center gap-1 border-b border-border py-1 pe-2 ps-3 text-sm"
    >
      <span className="me-auto text-muted">
        {reading.status === 'starting'
          ? t('Starting…')
          : isPaused
            ? t('Paused')
            : t('Reading aloud')}
      </span>
      <select
        aria-label={t('Speed')}
        value={speed}
        onChange={({ target }) => voiceSettings.set({ speed: Number(target.value) })}
        className={select}
      >
        {SPEEDS.map((one) => (
          <option key={one} value={one}>
            {formatNumber(one)} ×
          </option>
        ))}
      </select>
      <select
        aria-label={t('Voice')}
        title={t('From the next part on')}
        value={voice}
        onChange={({ target }) => voiceSettings.set({ voice: target.value })}
        className={`${select} max-w-40`}
      >
        <option value="">{t('Default voice')}</option>
        {hasService &&
          SERVER_VOICES.map((name) => (
            <option key={name} value={`server:${name}`}>
              {name}
            </option>
          ))}
        {browserVoices.map(({ name }) => (
          <option key={name} value={`browser:${name}`}>
            {t('{name} (this browser)', { name })}
          </option>
        ))}
      </select>
      <IconButton
        label={isPaused ? t('Go on reading') : t('Pause reading')}
        disabled={reading.status === 'starting'}
        onClick={isPaused ? readings.resume : readings.pause}
      >
        {isPaused ? <Play aria-hidden size={15} /> : <Pause aria-hidden size={15} />}
      </IconButton>
      <IconButton label={t('Stop reading')} onClick={readings.stop}>
        <Square aria-hidden size={13} fill="currentColor" />
      </IconButton>
    </div>
  )
}

const select =
  'h-8 rounded-lg border border-transparent bg-transparent px-1 text-base hover:bg-hover md:text-sm'
