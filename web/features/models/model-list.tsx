import { trpc } from '../../client.ts'
import { t } from '../../language/t.ts'

/** The models of the endpoint. */
export function ModelList() {
  const { data, error } = trpc.models.list.useQuery(undefined, { retry: 1 })
  if (error && !data) {
    return (
      <p className="text-sm text-muted">
        {t('The endpoint does not tell: {reason}', { reason: error.message })}
      </p>
    )
  }
  return (
    <ul aria-label={t('Models')} className="flex flex-wrap gap-1.5 text-sm">
      {data?.map((model) => (
        <li
          key={model.id}
          className={`rounded-full border px-3 py-1 wrap-anywhere ${model.default ? 'border-accent' : 'border-border text-muted'}`}
        >
          {model.id}
          {model.default && <span className="text-xs text-accent">{` · ${t('default')}`}</span>}
          {model.contextWindow !== undefined && (
            <span className="text-xs">
              {` · ${t('{count, number} tokens', { count: model.contextWindow })}`}
            </span>
          )}
        </li>
      ))}
    </ul>
  )
}
