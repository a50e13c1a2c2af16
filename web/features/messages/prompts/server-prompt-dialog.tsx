import { useState } from 'react'
import { createPortal } from 'react-dom'
import type { McpPrompt } from '../../../../shared/contract/api/mcp.ts'
import { trpc } from '../../../client.ts'
import { t } from '../../../language/t.ts'
import { Button } from '../../../ui/controls/button.tsx'
import { Dialog } from '../../../ui/dialog/dialog.tsx'
import { TextField } from '../../../ui/controls/text-field.tsx'

/** Asks for the gaps of an MCP server's prompt, and gives its text. */
export default function ServerPromptDialog(props: {
  prompt: McpPrompt
  onText: (text: string) => void
  onClose: () => void
}) {
  const { prompt, onClose } = props
  const utils = trpc.useUtils()
  const [values, setValues] = useState<Record<string, string>>({})
  const [isAsking, setAsking] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const isComplete = prompt.arguments.every(
    ({ name, required }) => !required || (values[name] ?? '').trim() !== '',
  )

  async function fill(): Promise<void> {
    if (isAsking || !isComplete) return
    setAsking(true)
    setProblem(null)
    try {
      const given = Object.entries(values).filter(([, value]) => value !== '')
      const { server, name } = prompt
      const asked = { server, name, arguments: JSON.stringify(Object.fromEntries(given)) }
      const { text } = await utils.mcp.prompt.fetch(asked, { staleTime: 0 })
      props.onText(text)
    } catch (error) {
      setProblem(error instanceof Error ? error.message : t('The server refused.'))
    } finally {
      setAsking(false)
    }
  }

  // Outside of the message box's form: a form in a form is none.
  return createPortal(
    <Dialog
      label={prompt.title ?? prompt.name}
      isChanged={Object.values(values).some((value) => value !== '')}
      onClose={onClose}
    >
      <form
        className="grid gap-4 p-5"
        onSubmit={(event) => {
          event.preventDefault()
          event.stopPropagation()
          void fill()
        }}
      >
        <h2 className="font-semibold wrap-anywhere">{prompt.title ?? prompt.name}</h2>
        <p className="text-sm wrap-anywhere text-muted">
          {prompt.description} {t('From the server {server}.', { server: prompt.server })}
        </p>
        {prompt.arguments.map(({ name, title, description, required }) => (
          <TextField
            key={name}
            label={required ? (title ?? name) : t('{name} (optional)', { name: title ?? name })}
            hint={description}
            value={values[name] ?? ''}
            onChange={({ target }) => setValues({ ...values, [name]: target.value })}
          />
        ))}
        {problem && (
          <p role="alert" className="text-sm text-danger">
            {t('The prompt could not be filled in: {problem}', { problem })}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('Cancel')}</Button>
          <Button kind="primary" type="submit" aria-disabled={!isComplete || isAsking}>
            {t('Use prompt')}
          </Button>
        </div>
      </form>
    </Dialog>,
    document.body,
  )
}
