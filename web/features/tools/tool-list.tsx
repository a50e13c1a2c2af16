import { trpc } from '../../client.ts'
import { toolTitle } from '../../tool-title.ts'
import { msg, t } from '../../language/t.ts'
import type { Marked } from '../../language/t.ts'

const effects = {
  read: msg('only reads'),
  idempotent: msg('may be repeated'),
  once: msg('runs once'),
}

const approvals = new Map<string, Marked>([
  ['never', msg('never asks')],
  ['writes', msg('asks before it changes something')],
  ['always', msg('always asks')],
])

/** The tools that a model may call. */
export function ToolList() {
  const { data, isError } = trpc.tools.list.useQuery()
  if (isError) return <p className="text-sm text-muted">{t('The tools could not be loaded.')}</p>
  return (
    <ul aria-label={t('Tools')} className="grid gap-2">
      {data?.map((tool) => (
        <li key={tool.name} className="rounded-xl border border-border px-3.5 py-2.5">
          <p className="flex flex-wrap items-baseline gap-x-2.5">
            <span className="text-sm font-medium wrap-anywhere">
              {tool.title ?? toolTitle(tool)}
            </span>
            <span className="font-mono text-xs wrap-anywhere text-muted">{tool.name}</span>
            <span className="text-xs text-muted">
              {[
                tool.source === 'builtin'
                  ? t('built in')
                  : t('from {server}', { server: tool.source.replace('mcp:', '') }),
                t(effects[tool.effect]),
                t(approvals.get(tool.approval) ?? msg('asks depending on the input')),
              ].join(' · ')}
            </span>
          </p>
          <p dir="auto" className="mt-0.5 line-clamp-4 text-sm text-muted">
            {tool.description}
          </p>
        </li>
      ))}
    </ul>
  )
}
