import { useState } from 'react'
import type { FormEvent } from 'react'
import type { UserLimits } from '../../../shared/contract/user.ts'
import { Button } from '../../ui/controls/button.tsx'
import { TextField } from '../../ui/controls/text-field.tsx'
import { limitNames } from './limit-names.ts'
import { limitText, toLimits } from './limit-text.ts'
import { t } from '../../language/t.ts'

/** A form for one person's limits, which replace those of the server's settings. */
export function LimitsForm(props: {
  limits: UserLimits
  isBusy: boolean
  onSave: (limits: UserLimits) => void
}) {
  const [texts, setTexts] = useState<Partial<Record<keyof UserLimits, string>>>({})
  const [isBad, setBad] = useState(false)
  function submit(event: FormEvent): void {
    event.preventDefault()
    const limits = toLimits({ ...textsOf(props.limits), ...texts })
    setBad(limits === null)
    if (limits !== null) props.onSave(limits)
  }
  return (
    <form onSubmit={submit} aria-label={t('Limits')} className="grid gap-3">
      <p className="text-muted">
        {t('Limits of this person. Empty: as the settings say. “none”: without limit.')}
      </p>
      <div className="grid grid-cols-2 gap-3">
        {limitNames.map(([key, name]) => (
          <TextField
            key={key}
            label={t(name)}
            placeholder={t('as set')}
            value={texts[key] ?? limitText(props.limits[key])}
            onChange={({ target }) => setTexts({ ...texts, [key]: target.value })}
          />
        ))}
      </div>
      {isBad && (
        <p role="alert" className="text-danger">
          {t('A limit is a number, “none”, or empty.')}
        </p>
      )}
      <div>
        <Button type="submit" disabled={props.isBusy}>
          {t('Save the limits')}
        </Button>
      </div>
    </form>
  )
}

function textsOf(limits: UserLimits): Record<keyof UserLimits, string> {
  const text = (key: keyof UserLimits): string => limitText(limits[key])
  return {
    requestsPerMinute: text('requestsPerMinute'),
    sendsPerMinute: text('sendsPerMinute'),
    runsAtOnce: text('runsAtOnce'),
    sessions: text('sessions'),
    tokensPerDay: text('tokensPerDay'),
    usdPerDay: text('usdPerDay'),
    storageMb: text('storageMb'),
  }
}
