import { useStore, useThroughline } from '../../../shared/react/index.ts'
import { Button } from '../../ui/controls/button.tsx'
import { Dialog } from '../../ui/dialog/dialog.tsx'
import { t } from '../../language/t.ts'

/** Shown before a sign-out that would lose messages that wait for the connection. */
export default function UnsentDialog(props: { onClose: () => void; onSignOut: () => void }) {
  const { outbox } = useThroughline()
  const count = useStore(outbox, (entries) => entries.length)
  return (
    <Dialog label={t('Messages are not sent yet')} onClose={props.onClose}>
      <div className="grid gap-4 p-6">
        <h2 className="text-lg font-semibold">
          {t(
            '{count, plural, one {A message is not sent yet} other {# messages are not sent yet}}',
            { count },
          )}
        </h2>
        <p className="text-muted">
          {t('What waits for the connection is kept in this browser. Signing out forgets it.')}
        </p>
        <div className="flex justify-end gap-2">
          <Button onClick={props.onSignOut}>{t('Sign out all the same')}</Button>
          <Button kind="primary" onClick={props.onClose}>
            {t('Stay')}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
