import { useId, useState } from 'react'
import { newId } from '../../../shared/contract/new-id.ts'
import { trpc } from '../../client.ts'
import { toolTitle } from '../../tool-title.ts'
import { Button } from '../../ui/controls/button.tsx'
import { Dialog } from '../../ui/dialog/dialog.tsx'
import { DialogFoot } from '../../ui/dialog/dialog-foot.tsx'
import { TextArea } from '../../ui/controls/text-area.tsx'
import { TextField } from '../../ui/controls/text-field.tsx'
import type { Preset } from './use-presets.ts'
import { t } from '../../language/t.ts'

/** Makes an assistant, or changes one. */
export default function PresetDialog(props: { preset: Preset | null; onClose: () => void }) {
  const { preset, onClose } = props
  const utils = trpc.useUtils()
  const [id] = useState(() => preset?.id ?? newId())
  const [name, setName] = useState(preset?.name ?? '')
  const [model, setModel] = useState(preset?.model ?? '')
  const [instructions, setInstructions] = useState(preset?.instructions ?? '')
  const [suggestions, setSuggestions] = useState(preset?.suggestions.join('\n') ?? '')
  const [toolsOff, setToolsOff] = useState<readonly string[]>(preset?.toolsOff ?? [])
  const { data: tools = [] } = trpc.tools.list.useQuery()
  const { data: models = [] } = trpc.models.list.useQuery(undefined, { retry: 1 })
  const modelsId = useId()
  const save = trpc.presets.save.useMutation({
    onSuccess: async () => {
      await utils.presets.list.invalidate()
      onClose()
    },
  })
  const isReady = name.trim() !== '' && !save.isPending
  const isChanged =
    name !== (preset?.name ?? '') ||
    model !== (preset?.model ?? '') ||
    instructions !== (preset?.instructions ?? '') ||
    suggestions !== (preset?.suggestions.join('\n') ?? '') ||
    toolsOff.join() !== (preset?.toolsOff.join() ?? '')

  return (
    <Dialog
      label={preset ? t('Change the assistant') : t('New assistant')}
      isChanged={isChanged}
      onClose={onClose}
    >
      <form
        className="grid max-h-[85dvh] scroll-pb-20 gap-4 overflow-y-auto p-5"
        onSubmit={(event) => {
          event.preventDefault()
          if (!isReady) return
          save.mutate({
            ...{ id, name: name.trim(), toolsOff: [...toolsOff] },
            model: model.trim() || null,
            instructions: instructions.trim() || null,
            suggestions: linesOf(suggestions),
          })
        }}
      >
        <h2 className="font-semibold">{preset ? t('Change the assistant') : t('New assistant')}</h2>
        <TextField
          label={t('Name')}
          value={name}
          maxLength={100}
          required
          onChange={({ target }) => setName(target.value)}
        />
        <TextArea
          label={t('Instructions')}
          value={instructions}
          maxLength={50_000}
          placeholder={t('The server’s own, when this is empty.')}
          onChange={setInstructions}
        />
        <TextField
          label={t('Model')}
          value={model}
          maxLength={200}
          list={modelsId}
          placeholder={t('The server’s default')}
          onChange={({ target }) => setModel(target.value)}
        />
        <datalist id={modelsId}>
          {models.map((one) => (
            <option key={one.id} value={one.id} />
          ))}
        </datalist>
        <TextArea
          label={t('First suggestions')}
          hint={t('One on each line, eight at most. They are shown before the first message.')}
          value={suggestions}
          onChange={setSuggestions}
        />
        {tools.length > 0 && (
          <fieldset className="grid gap-1">
            <legend className="pb-1 text-sm font-medium">{t('Tools')}</legend>
            <div className="grid max-h-44 gap-0.5 overflow-y-auto">
              {tools.map((tool) => (
                <label
                  key={tool.name}
                  className="flex min-h-8 cursor-pointer items-center gap-2.5 rounded-lg px-1.5 text-sm hover:bg-hover"
                >
                  <input
                    type="checkbox"
                    checked={!toolsOff.includes(tool.name)}
                    onChange={({ target }) =>
                      setToolsOff(
                        target.checked
                          ? toolsOff.filter((off) => off !== tool.name)
                          : [...toolsOff, tool.name],
                      )
                    }
                    className="size-4 accent-(--accent)"
                  />
                  <span className="min-w-0 truncate" title={tool.name}>
                    {tool.title ?? toolTitle(tool)}
                  </span>
                </label>
              ))}
            </div>
          </fieldset>
        )}
        {save.error && (
          <p role="alert" className="text-sm text-danger">
            {save.error.message}
          </p>
        )}
        <DialogFoot>
          <Button onClick={onClose}>{t('Cancel')}</Button>
          <Button kind="primary" type="submit" disabled={!isReady}>
            {t('Save')}
          </Button>
        </DialogFoot>
      </form>
    </Dialog>
  )
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim().slice(0, 500))
    .filter((line) => line !== '')
    .slice(0, 8)
}
