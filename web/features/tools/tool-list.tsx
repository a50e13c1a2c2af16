import { trpc } from '../../client.ts'

const effects = {
  read: 'only reads',
  idempotent: 'may be repeated',
  once: 'runs once',
}

const approvals = new Map<string, string>([
  ['never', 'never asks'],
  ['writes', 'asks before it changes something'],
  ['always', 'always asks'],
])

/** The tools that a model may call. */
export function ToolList() {
  const { data, isError } = trpc.tools.list.useQuery()
  if (isError) return <p className="text-sm text-muted">The tools could not be loaded.</p>
  return (
    <ul aria-label="Tools" className="grid gap-2">
      {data?.map((tool) => (
        <li key={tool.name} className="rounded-xl border border-border px-3.5 py-2.5">
          <p className="flex flex-wrap items-baseline gap-x-2.5">
            <span className="font-mono text-[0.8125rem] wrap-anywhere">{tool.name}</span>
            <span className="text-xs text-muted">
              {[
                tool.source === 'builtin' ? 'built in' : tool.source.replace('mcp:', 'from '),
                effects[tool.effect],
                approvals.get(tool.approval) ?? 'asks depending on the input',
              ].join(' · ')}
            </span>
          </p>
          <p className="mt-0.5 line-clamp-2 text-sm text-muted">{tool.description}</p>
        </li>
      ))}
    </ul>
  )
}
