import { FileDown, Pencil, Plus, Trash2, Upload } from 'lucide-react'
import { useState } from 'react'
import { newId } from '../../../shared/contract/new-id.ts'
import { trpc } from '../../client.ts'
import { Button } from '../../ui/controls/button.tsx'
import { download } from '../../ui/files/download.ts'
import { FileButton } from '../../ui/controls/file-button.tsx'
import { IconButton } from '../../ui/controls/icon-button.tsx'
import { Outcome } from '../../ui/notices/outcome.tsx'
import { NotLoaded } from '../../ui/loading/not-loaded.tsx'
import { useRowFocus } from '../../ui/use-row-focus.ts'
import { useAttempt } from '../../ui/use-attempt.ts'
import PresetDialog from './preset-dialog.tsx'
import { presetFile, presetFrom } from './preset-file.ts'
import { usePresets } from './use-presets.ts'
import type { Preset } from './use-presets.ts'
import { t } from '../../language/t.ts'

/** The assistants of a person: to change, to give to others as a file, and to take from one. */
export function PresetList() {
  const utils = trpc.useUtils()
  const presets = usePresets()
  const list = useRowFocus(presets.length)
  // The same query as the presets: only why they are not there.
  const { error, refetch, data } = trpc.presets.list.useQuery(undefined, { retry: 1 })
  const [edited, setEdited] = useState<Preset | 'new' | null>(null)
  const state = useAttempt()
  const save = trpc.presets.save.useMutation()
  const remove = trpc.presets.delete.useMutation()

  const take = (file: File) =>
    state.attempt(async () => {
      const preset = presetFrom(await file.text())
      await save.mutateAsync({ id: newId(), ...preset })
      await utils.presets.list.invalidate()
      return t('“{name}” was added.', { name: preset.name })
    })

  const drop = ({ id, name }: Preset) =>
    state.attempt(async () => {
      await remove.mutateAsync({ id })
      await utils.presets.list.invalidate()
      return t('“{name}” was deleted.', { name })
    })

  return (
    <div className="grid gap-3">
      {error && !data && <NotLoaded reason={error.message} onRetry={() => void refetch()} />}
      {presets.length > 0 && (
        <ul ref={list} aria-label={t('Assistants')} className="grid gap-2">
          {presets.map((preset) => (
            <li
              key={preset.id}
              className="flex items-center gap-1 rounded-xl border border-border py-1.5 pe-1.5 ps-3.5"
            >
              <span className="min-w-0 flex-1">
                <bdi className="block truncate text-match-parent text-sm font-medium">
                  {preset.name}
                </bdi>
                <span className="block truncate text-xs text-muted">{aboutPreset(preset)}</span>
              </span>
              <IconButton
                label={t('Change {name}', { name: preset.name })}
                onClick={() => setEdited(preset)}
              >
                <Pencil aria-hidden size={15} />
              </IconButton>
              <IconButton
                label={t('Save {name} as a file', { name: preset.name })}
                onClick={() => {
                  const file = presetFile(preset)
                  download(file.name, 'application/json', [file.content])
                }}
              >
                <FileDown aria-hidden size={15} />
              </IconButton>
              <IconButton
                label={t('Delete {name}', { name: preset.name })}
                onClick={() => void drop(preset)}
              >
                <Trash2 aria-hidden size={15} />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => setEdited('new')}>
          <Plus aria-hidden size={15} />
          {t('New assistant')}
        </Button>
        <FileButton
          label={t('File of an assistant')}
          accept="application/json,.json"
          onChoose={([file]) => file && void take(file)}
        >
          <Upload aria-hidden size={15} />
          {t('From a file')}
        </FileButton>
      </div>
      <Outcome {...state} />
      {edited && (
        <PresetDialog preset={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />
      )}
    </div>
  )
}

function aboutPreset({ instructions, model, toolsOff }: Preset): string {
  const off = toolsOff.length
  return [
    model,
    off === 0 ? null : t('{count, plural, one {one tool off} other {# tools off}}', { count: off }),
    instructions?.replaceAll(/\s+/g, ' '),
  ]
    .filter((word) => word !== null && word !== undefined)
    .join(' · ')
}
