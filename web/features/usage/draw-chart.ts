import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Series } from './chart.tsx'
import { formatDate } from '../../language/format.ts'

type Drawn = {
  days: readonly string[]
  series: readonly Series[]
  isBars: boolean
  format: (value: number) => string
  height: number
}

/** Draws days from left to right, in the colours of the page. */
export function drawChart(home: HTMLElement, drawn: Drawn): uPlot {
  const { days, series, isBars, format } = drawn
  const colours = getComputedStyle(document.documentElement)
  const colour = (name: string) => colours.getPropertyValue(name).trim()
  const accent = resolved(home, 'var(--accent)')
  const faint = resolved(home, 'color-mix(in oklab, var(--accent) 45%, transparent)')
  const muted = resolved(home, 'var(--muted)')
  const grid = resolved(home, 'var(--border)')
  const font = `12px ${colour('--font-sans') || 'system-ui, sans-serif'}`
  const bars = uPlot.paths.bars?.({ size: [0.7, 40], radius: 0.15 })
  const axis = { font, stroke: muted, grid: { stroke: grid, width: 1 }, ticks: { show: false } }
  const x = days.map((day) => Date.parse(`${day}T00:00:00`) / 1000)
  // Bars are drawn upon each other: the taller one, which is a sum, is behind.
  return new uPlot(
    {
      width: home.clientWidth,
      height: drawn.height,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { show: !isBars } },
      scales: {
        // Half a day on either side, so that the first and last bars are whole.
        x: { range: (_plot, first, last) => [first - HALF_A_DAY, last + HALF_A_DAY] },
        y: { range: (_plot, _least, most) => [0, Math.max(most * 1.08, 1)] },
      },
      axes: [
        { ...axis, size: 30, grid: { show: false }, values: (_plot, at) => at.map(dayWords) },
        { ...axis, size: 62, values: (_plot, at) => at.map((value) => format(value)) },
      ],
      series: [
        {},
        ...series.map(({ name, isFaint }) => ({
          label: name,
          stroke: isFaint ? faint : accent,
          ...(isBars ? { fill: isFaint ? faint : accent, width: 0 } : { width: 2 }),
          ...(isBars && bars && { paths: bars }),
          points: { show: !isBars },
        })),
      ],
    },
    [x, ...series.map(({ values }) => [...values])],
    home,
  )
}

/** Seconds. */
const HALF_A_DAY = 43_200

/** A canvas does not know the page's variables. */
function resolved(home: HTMLElement, value: string): string {
  const probe = document.createElement('span')
  probe.style.color = value
  home.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

function dayWords(seconds: number): string {
  return formatDate(seconds * 1000, { day: 'numeric', month: 'short' })
}
