import { trpc } from '../../client.ts'

/** The models of the endpoint. */
export function ModelList() {
  const { data, error } = trpc.models.list.useQuery(undefined, { retry: 1 })
  if (error) {
    return <p className="text-sm text-muted">The endpoint does not tell: {error.message}</p>
  }
  return (
    <ul aria-label="Models" className="flex flex-wrap gap-1.5 text-sm">
      {data?.map((model) => (
        <li
          key={model.id}
          className={`rounded-full border px-3 py-1 wrap-anywhere ${model.default ? 'border-accent' : 'border-border text-muted'}`}
        >
          {model.id}
          {model.default && <span className="text-xs text-accent"> · default</span>}
          {model.contextWindow !== undefined && (
            <span className="text-xs"> · {model.contextWindow.toLocaleString()} tokens</span>
          )}
        </li>
      ))}
    </ul>
  )
}
