import { useState } from 'react'
import type { Session } from '../../../../shared/contract/session.ts'
import { trpc } from '../../../client.ts'
import { Button } from '../../../ui/controls/button.tsx'
import { SelectField } from '../../../ui/controls/select-field.tsx'
import { FormDialog } from './form-dialog.tsx'
import { t } from '../../../language/t.ts'

/** Puts a session into a project, or takes it out of one. */
export function ProjectOfSession({ session, onClose }: { session: Session; onClose: () => void }) {
  const { data: projects = [] } = trpc.projects.list.useQuery()
  const [chosen, setChosen] = useState<string>(session.projectId ?? '')
  const update = trpc.sessions.update.useMutation({ onSuccess: onClose })
  return (
    <FormDialog
      label={t('Move to a project')}
      error={update.error?.message}
      onClose={onClose}
      onSubmit={() => update.mutate({ id: session.id, projectId: chosen === '' ? null : chosen })}
      confirm={
        <Button kind="primary" type="submit" disabled={update.isPending}>
          {t('Move')}
        </Button>
      }
    >
      <SelectField
        label={t('Project')}
        value={chosen}
        options={[
          { value: '', label: t('No project') },
          ...projects.map(({ id, name }) => ({ value: String(id), label: name })),
        ]}
        onChange={setChosen}
      />
    </FormDialog>
  )
}
