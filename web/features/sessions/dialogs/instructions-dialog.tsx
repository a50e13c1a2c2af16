import { useId, useState } from 'react'
import type { Session } from '../../../../shared/contract/session.ts'
import { trpc } from '../../../client.ts'
import { Button } from '../../../ui/controls/button.tsx'
import { FormDialog } from './form-dialog.tsx'
import { t } from '../../../language/t.ts'

/** The server's limit. */
const MAX_INSTRUCTIONS_LENGTH = 50_000

/** Edits the model and the instructions of a session; both apply from the next answer on. */
export function InstructionsDialog({
  session,
  onClose,
}: {
  session: Session
  onClose: () => void
}) {
  const [model, setModel] = useState(session.model ?? '')
  const [instructions, setInstructions] = useState(session.systemPrompt ?? '')
  const update = trpc.sessions.update.useMutation({ onSuccess: onClose })
  const instructionsId = useId()
  return (
    <FormDialog
      label={t('Model and instructions')}
      error={update.error?.message}
      isChanged={model !== (session.model ?? '') || instructions !== (session.systemPrompt ?? '')}
      onClose={onClose}
      onSubmit={() => {
        if (update.isPending) return
        update.mutate({
          id: session.id,
          model: model.trim() || null,
          systemPrompt: instructions.trim() || null,
        })
      }}
      confirm={
        <Button kind="primary" type="submit" aria-disabled={update.isPending}>
          {t('Save')}
        </Button>
      }
    >
      <ModelField value={model} onChange={setModel} />
      <div className="grid gap-1.5">
        <label htmlFor={instructionsId} className="text-sm font-medium">
          {t('Instructions')}
        </label>
        <textarea
          id={instructionsId}
          dir="auto"
          value={instructions}
          rows={5}
          maxLength={MAX_INSTRUCTIONS_LENGTH}
          placeholder={t('Empty: the server’s instructions')}
          onChange={(event) => setInstructions(event.target.value)}
          className="field-sizing-content max-h-[40dvh] min-h-28 w-full resize-none rounded-lg border border-control bg-bg px-3 py-2 text-base leading-6 placeholder:text-muted"
        />
        <p className="text-xs text-muted">{t('Applies from the next answer on.')}</p>
      </div>
    </FormDialog>
  )
}

/** A select box with the models of the endpoint, or a text field if it does not list them. */
function ModelField({ value, onChange }: { value: string; onChange: (model: string) => void }) {
  const { data, error } = trpc.models.list.useQuery(undefined, { retry: 1 })
  const id = useId()
  const standard = data?.find((model) => model.default)?.id
  const others = data?.filter((model) => !model.default) ?? []
  const isOffered = value === '' || data?.some((model) => model.id === value)
  return (
    <div className="grid gap-1.5">
      <label htmlFor={id} className="text-sm font-medium">
        {t('Model')}
      </label>
      {error ? (
        <input
          id={id}
          value={value}
          maxLength={200}
          placeholder={t('Empty: the default model')}
          onChange={(event) => onChange(event.target.value)}
          className={field}
        />
      ) : (
        <select
          id={id}
          value={value === standard ? '' : value}
          onChange={(event) => onChange(event.target.value)}
          className={field}
        >
          <option value="">
            {standard ? t('{model} (default)', { model: standard }) : t('Default')}
          </option>
          {!isOffered && <option value={value}>{value}</option>}
          {others.map((model) => (
            <option key={model.id} value={model.id}>
              {model.id}
            </option>
          ))}
        </select>
      )}
      {error && (
        <p className="text-xs text-muted">
          {t('The models could not be loaded: {reason}', { reason: error.message })}
        </p>
      )}
    </div>
  )
}

const field = 'h-10 w-full min-w-0 rounded-lg border border-control bg-bg px-3 text-base'
