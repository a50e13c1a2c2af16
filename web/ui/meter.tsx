/** A bar for a percentage from 0 to 100; its colour changes from `alarmAt` on. */
export function Meter(props: { label: string; percent: number; detail: string; alarmAt?: number }) {
  const { label, percent, detail, alarmAt = 101 } = props
  const value = Math.min(100, Math.max(0, percent))
  return (
    <div>
      <div className="flex items-baseline justify-between gap-4 text-sm">
        <span>{label}</span>
        <span className="text-muted tabular-nums">{detail}</span>
      </div>
      <div
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={value}
        aria-valuetext={detail}
        className="mt-1.5 h-1.5 overflow-hidden rounded-full bg-hover forced-colors:border"
      >
        <div
          className={`h-full rounded-full forced-color-adjust-none forced-colors:bg-[Highlight] ${value >= alarmAt ? 'bg-danger' : 'bg-accent'}`}
          style={{ width: `${value}%` }}
        />
      </div>
    </div>
  )
}
