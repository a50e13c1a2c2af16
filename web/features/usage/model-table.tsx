import type { Outputs } from '../../../shared/client/index.ts'
import { formatCost } from '../../ui/cost.ts'

type ModelUsage = Outputs['usage']['summary']['models'][number]

/** Usage by model: input and output tokens. */
export function ModelTable({ models }: { models: readonly ModelUsage[] }) {
  const most = Math.max(1, ...models.map(tokens))
  return (
    <div
      role="group"
      aria-label="Usage by model"
      tabIndex={0}
      className="overflow-x-auto rounded-2xl border border-border bg-raised"
    >
      <table className="w-full text-sm">
        <caption className="sr-only">Usage by model</caption>
        <thead className="border-b border-border text-left text-xs text-muted">
          <tr>
            <th className="px-4 py-2.5 font-medium">Model</th>
            {['Answers', 'Input', 'Output', 'Cost'].map((name) => (
              <th key={name} className="px-4 py-2.5 text-right font-medium">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {models.map((usage) => (
            <tr key={usage.model} className="not-last:border-b not-last:border-border">
              <th scope="row" className="min-w-36 px-4 py-2.5 text-left font-normal">
                <span className="wrap-anywhere">{usage.model}</span>
                <span aria-hidden className="mt-1 block h-1 max-w-48 rounded-full bg-hover">
                  <span
                    className="block h-full rounded-full bg-accent"
                    style={{ width: `${(tokens(usage) / most) * 100}%` }}
                  />
                </span>
              </th>
              <Figure text={usage.runs.toLocaleString()} />
              <Figure text={usage.inputTokens.toLocaleString()} />
              <Figure text={usage.outputTokens.toLocaleString()} />
              <Figure text={formatCost(usage.costUsd)} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Figure({ text }: { text: string }) {
  return <td className="px-4 py-2.5 text-right align-top tabular-nums">{text}</td>
}

function tokens({ inputTokens, outputTokens }: ModelUsage): number {
  return inputTokens + outputTokens
}
