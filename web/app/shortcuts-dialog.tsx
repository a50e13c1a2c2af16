import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { modifier } from './use-shortcuts.ts'

const groups: { title: string; shortcuts: [keys: string[], does: string][] }[] = [
  {
    title: 'Everywhere',
    shortcuts: [
      [[modifier, 'K'], 'Open the command palette'],
      [[modifier, 'Shift', 'O'], 'Start a new session'],
      [['/'], 'Go to the message box'],
      [['?'], 'Show these shortcuts'],
    ],
  },
  {
    title: 'In a session',
    shortcuts: [
      [[modifier, 'F'], 'Find in the session'],
      [['Enter'], 'Send the message'],
      [['Shift', 'Enter'], 'Start a new line'],
      [['↑'], 'Edit your last message (in an empty box)'],
      [['Esc'], 'Stop the answer, or close the editor'],
    ],
  },
]

export default function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog label="Keyboard shortcuts" onClose={onClose}>
      <div className="grid gap-5 p-5">
        <h2 className="font-semibold">Keyboard shortcuts</h2>
        {groups.map(({ title, shortcuts }) => (
          <section key={title} aria-label={title}>
            <h3 className="text-xs font-medium text-muted">{title}</h3>
            <dl className="mt-1 text-sm">
              {shortcuts.map(([keys, does]) => (
                <div key={does} className="flex items-center justify-between gap-4 py-1">
                  <dt>{does}</dt>
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
          <Button onClick={onClose}>Close</Button>
        </div>
      </div>
    </Dialog>
  )
}
