import { Button } from '../ui/controls/button.tsx'
import { Dialog } from '../ui/dialog/dialog.tsx'
import { modifier } from './use-shortcuts.ts'
import { msg, t } from '../language/t.ts'
import type { Marked } from '../language/t.ts'

const groups: { title: string; shortcuts: [keys: string[], does: Marked][] }[] = [
  {
    get title() {
      return t('Everywhere')
    },
    shortcuts: [
      [[modifier, 'K'], msg('Open the command palette')],
      [[modifier, 'Shift', 'O'], msg('Start a new session')],
      [[modifier, 'Shift', 'S'], msg('Show or hide the sessions')],
      [['/'], msg('Go to the message box')],
      [['?'], msg('Show these shortcuts')],
    ],
  },
  {
    get title() {
      return t('In a session')
    },
    shortcuts: [
      [[modifier, 'F'], msg('Find in the session')],
      [[modifier, 'P'], msg('Print the whole session')],
      [['Enter'], msg('Send the message')],
      [['Shift', 'Enter'], msg('Start a new line')],
      [[modifier, 'Enter'], msg('Stop the answer and send now')],
      [['Alt', 'Enter'], msg('Add the message to the running answer')],
      [['↑'], msg('Edit your last message (in an empty box)')],
      [['Esc'], msg('Stop the answer, or close the editor')],
    ],
  },
]

export default function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog label={t('Keyboard shortcuts')} onClose={onClose}>
      <div className="grid gap-5 p-5">
        <h2 className="font-semibold">{t('Keyboard shortcuts')}</h2>
        {groups.map(({ title, shortcuts }) => (
          <section key={title} aria-label={title}>
            <h3 className="text-xs font-medium text-muted">{title}</h3>
            <dl className="mt-1 text-sm">
              {shortcuts.map(([keys, does]) => (
                <div key={keys.join()} className="flex items-center justify-between gap-4 py-1">
                  <dt>{t(does)}</dt>
                  <dd className="flex shrink-0 gap-1">
                    {keys.map((key) => (
                      <kbd
                        key={key}
                        className="rounded-md border border-border bg-bg px-1.5 py-0.5 font-sans text-xs text-muted"
                      >
                        {key}
                      </kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <div className="flex justify-end">
          <Button onClick={onClose}>{t('Close')}</Button>
        </div>
      </div>
    </Dialog>
  )
}
