import type { Bar } from './days.ts'

/** Tokens by day: input below, output above it. */
export function DayChart({ bars }: { bars: readonly Bar[] }) {
  const most = Math.max(1, ...bars.map(total))
  const isByMonth = bars.length > 1 && bars.every(({ day }) => day.endsWith('-01'))
  const name = (day: string): string => nameOf(day, isByMonth)
  return (
    <figure aria-label={isByMonth ? 'Tokens by month' : 'Tokens by day'}>
      <figcaption className="flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-muted">
        <Legend className="bg-accent/45" text="Input" />
        <Legend className="bg-accent" text="Output" />
        <span className="ml-auto tabular-nums">Most: {most.toLocaleString()} tokens</span>
      </figcaption>
      <ol className="mt-3 flex h-40 items-stretch gap-px border-b border-border sm:gap-0.5">
        {bars.map((bar) => {
          const words = `${name(bar.day)}: ${bar.inputTokens.toLocaleString()} input, ${bar.outputTokens.toLocaleString()} output tokens, ${answers(bar.runs)}`
          return (
            <li
              key={bar.day}
              title={words}
              className="flex min-w-0 flex-1 flex-col justify-end rounded-t-sm hover:bg-hover"
            >
              <span className="sr-only">{words}</span>
              <span
                aria-hidden
                className="rounded-t-sm bg-accent"
                style={{ height: share(bar.outputTokens, most) }}
              />
              <span
                aria-hidden
                className="bg-accent/45"
                style={{ height: share(bar.inputTokens, most) }}
              />
            </li>
          )
        })}
      </ol>
      <div aria-hidden className="mt-1.5 flex justify-between text-xs text-muted">
        <span>{name(bars[0]?.day ?? '')}</span>
        <span>{name(bars.at(-1)?.day ?? '')}</span>
      </div>
    </figure>
  )
}

function Legend({ className, text }: { className: string; text: string }) {
  return (
    <span className="flex items-center gap-1.5">
      <span aria-hidden className={`size-2.5 rounded-[3px] ${className}`} />
      {text}
    </span>
  )
}

function total({ inputTokens, outputTokens }: Bar): number {
  return inputTokens + outputTokens
}

/** A fraction of the height; a non-zero value is always visible. */
function share(tokens: number, most: number): string {
  return tokens === 0 ? '0' : `max(2px, ${(tokens / most) * 100}%)`
}

function answers(count: number): string {
  return count === 1 ? '1 answer' : `${count.toLocaleString()} answers`
}

function nameOf(day: string, isByMonth: boolean): string {
  const at = new Date(`${day}T00:00:00`)
  return Number.isNaN(at.getTime())
    ? day
    : at.toLocaleDateString(
        undefined,
        isByMonth ? { month: 'long', year: 'numeric' } : { day: 'numeric', month: 'short' },
      )
}
