import { useSyncExternalStore } from 'react'
import { Button } from '../../ui/controls/button.tsx'
import { notifications } from './notifications.ts'
import { msg, t } from '../../language/t.ts'

const texts = {
  on: msg('On: when an answer ends, or a tool waits for you, while no tab is in view.'),
  off: msg('Off.'),
  refused: msg(
    'This browser does not allow notifications of this site. Its own settings can change that.',
  ),
  impossible: msg('This browser has no notifications.'),
}

/** Turns the notifications of this browser on and off. */
export function NotificationChoice() {
  const state = useSyncExternalStore(notifications.subscribe, notifications.state)
  const isPushed = useSyncExternalStore(notifications.subscribe, notifications.isPushed)
  return (
    <div className="flex flex-wrap items-center gap-3">
      {(state === 'on' || state === 'off') && (
        <Button onClick={() => void notifications.choose(state === 'off')}>
          {state === 'on' ? t('Turn off') : t('Turn on notifications')}
        </Button>
      )}
      <p role="status" className="text-sm text-muted">
        {t(texts[state])}
        {state === 'on' &&
          ` ${
            isPushed
              ? t('Also while no tab is open, until you sign out.')
              : t('Not while no tab is open: this browser, or its push service, does not do it.')
          }`}
      </p>
    </div>
  )
}
