import { Trash2 } from 'lucide-react'
import { use, useId, useState, useSyncExternalStore } from 'react'
import { createPortal } from 'react-dom'
import { Button } from '../../../ui/controls/button.tsx'
import { AskToClose, Dialog } from '../../../ui/dialog/dialog.tsx'
import { IconButton } from '../../../ui/controls/icon-button.tsx'
import { TextField } from '../../../ui/controls/text-field.tsx'
import { useRowFocus } from '../../../ui/use-row-focus.ts'
import { ownPrompts } from './own-prompts.ts'
import { promptName } from './prompts.ts'
import { t } from '../../../language/t.ts'

/** Prompts of one's own: kept in this browser, and put into the message box by `/name`. */
export default function PromptsDialog({ onClose }: { onClose: () => void }) {
  const mine = useSyncExternalStore(ownPrompts.subscribe, ownPrompts.get)
  const [typed, setTyped] = useState('')
  const [text, setText] = useState('')
  const textId = useId()
  const name = promptName(typed)
  const list = useRowFocus(mine.length)
  const kept = mine.find((prompt) => prompt.name === name)?.text ?? ''

  function keep(): void {
    if (name === '' || text.trim() === '') return
    ownPrompts.keep({ name, text })
    setTyped('')
    setText('')
  }

  // Outside of the message box's form: a form in a form is none.
  return createPortal(
    <Dialog label={t('Your prompts')} isChanged={text !== kept} onClose={onClose}>
      <form
        className="grid gap-4 p-5"
        onSubmit={(event) => {
          event.preventDefault()
          event.stopPropagation()
          keep()
        }}
      >
        <h2 className="font-semibold">{t('Your prompts')}</h2>
        {mine.length > 0 && (
          <ul
            ref={list}
            aria-label={t('Prompts')}
            className="grid max-h-48 gap-1 overflow-y-auto text-sm"
          >
            {mine.map((prompt) => (
              <li key={prompt.name} className="flex items-center gap-2">
                <button
                  type="button"
                  className="min-w-0 flex-1 cursor-pointer truncate rounded-lg px-2 py-1.5 text-start hover:bg-hover"
                  onClick={() => {
                    setTyped(prompt.name)
                    setText(prompt.text)
                  }}
                >
                  <bdi dir="ltr" className="font-medium">
                    /{prompt.name}
                  </bdi>{' '}
                  <span className="text-muted">{prompt.text}</span>
                </button>
                <IconButton
                  label={t('Remove {name}', { name: `/${prompt.name}` })}
                  onClick={() => ownPrompts.remove(prompt.name)}
                >
                  <Trash2 aria-hidden size={14} />
                </IconButton>
              </li>
            ))}
          </ul>
        )}
        <TextField
          label={t('Name')}
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
        />
        <div className="grid gap-1">
          <label htmlFor={textId} className="text-sm font-medium">
            {t('Text')}
          </label>
          <textarea
            id={textId}
            dir="auto"
            value={text}
            onChange={({ target }) => setText(target.value)}
            className="field-sizing-content max-h-[30dvh] min-h-20 w-full resize-none rounded-lg border border-control bg-bg px-3 py-2 text-base leading-6"
          />
        </div>
        <p className="text-xs text-muted">
          {name === ''
            ? t('Kept in this browser.')
            : t('Typed as {command}. Kept in this browser.', { command: `/${name}` })}
        </p>
        <div className="flex justify-end gap-2">
          <Done />
          <Button kind="primary" type="submit" aria-disabled={name === '' || text.trim() === ''}>
            {t('Keep')}
          </Button>
        </div>
      </form>
    </Dialog>,
    document.body,
  )
}

function Done() {
  const askToClose = use(AskToClose)
  return <Button onClick={askToClose}>{t('Done')}</Button>
}
