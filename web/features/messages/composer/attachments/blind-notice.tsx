import { useSyncExternalStore } from 'react'
import { trpc } from '../../../../client.ts'
import { attachments } from '../drafts/page-drafts.ts'
import { t } from '../../../../language/t.ts'

/**
 * Says before a picture is sent that the model does not see it.
 * @param props.model of the session; null for the default one
 */
export function BlindNotice({ draftKey, model }: { draftKey: string; model: string | null }) {
  const list = useSyncExternalStore(attachments.subscribe, () => attachments.get(draftKey))
  const hasPicture = list.some((one) => one.status === 'ready' && one.file.kind === 'image')
  const { data } = trpc.models.list.useQuery(undefined, { retry: 1, enabled: hasPicture })
  const asked = data?.find((one) => (model === null ? one.default : one.id === model))
  if (!hasPicture || asked?.sees !== false) return null
  return (
    <p role="note" className="px-4 pt-2 text-sm text-muted">
      {t('{model} does not see pictures: it is told their names and sizes.', { model: asked.id })}
    </p>
  )
}
