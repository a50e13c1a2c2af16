import { useEffect, useRef } from 'react'
import type uPlot from 'uplot'
import { loaded } from '../../ui/loading/loaded.ts'
import { useDark } from '../../ui/use-dark.ts'

/** One line of a chart: a value for each day, null where there is none. */
export type Series = { name: string; values: readonly (number | null)[]; isFaint?: boolean }

/**
 * A chart of days. Its library is loaded with the first chart. A list beside it has the same values for people who
 * cannot see it.
 */
export function Chart(props: {
  label: string
  days: readonly string[]
  series: readonly Series[]
  isBars: boolean
  /** A value in words. */
  format: (value: number) => string
  wordsOf: (index: number) => string
}) {
  const { label, days, series, isBars, format } = props
  const home = useRef<HTMLDivElement>(null)
  const isDark = useDark()
  const drawn = JSON.stringify([days, series])

  useEffect(() => {
    const element = home.current
    if (!element) return
    let plot: uPlot | null = null
    let isGone = false
    const resize = new ResizeObserver(() => {
      plot?.setSize({ width: element.clientWidth, height: HEIGHT })
    })
    void loaded(() => import('./draw-chart.ts')).then(({ drawChart }) => {
      if (isGone) return
      plot = drawChart(element, { days, series, isBars, format, height: HEIGHT })
      resize.observe(element)
    })
    return () => {
      isGone = true
      resize.disconnect()
      plot?.destroy()
    }
    // The values in `drawn` are what is drawn.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [drawn, isDark, isBars])

  return (
    <figure aria-label={label} className="grid gap-2">
      <figcaption className="flex flex-wrap gap-x-4 text-xs text-muted">
        {series.map(({ name, isFaint }) => (
          <span key={name} className="flex items-center gap-1.5">
            <span
              aria-hidden
              className={`size-2.5 forced-color-adjust-none rounded-[3px] ${isFaint ? 'bg-accent/45' : 'bg-accent'}`}
            />
            {name}
          </span>
        ))}
      </figcaption>
      <div ref={home} aria-hidden className="min-w-0" style={{ height: HEIGHT }} />
      <ol className="sr-only">
        {days.map((day, index) => (
          <li key={day}>{props.wordsOf(index)}</li>
        ))}
      </ol>
    </figure>
  )
}

/** CSS pixels. */
const HEIGHT = 210
