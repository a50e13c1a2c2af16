/** Formats names and values of results, with their units. */

/** `memoryUsedBytes` becomes "Memory used", because the unit is shown with the figure. */
export function label(key: string): string {
  const words = key
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .replace(/ (bytes|seconds|secs|ms|milliseconds|mb|gb|kb)$/i, '')
    .toLowerCase()
    .replace(/\b(cpu|ram|id|url|ip|rss|pid)\b/g, (word) => word.toUpperCase())
  return words.charAt(0).toUpperCase() + words.slice(1)
}

export function format(key: string, value: unknown): string {
  if (value === null || value === undefined) return '–'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'string') return when(value) ?? value
  if (typeof value !== 'number') {
    return Array.isArray(value)
      ? value.map((one) => format('', one)).join(', ')
      : JSON.stringify(value)
  }
  if (/bytes$/i.test(key)) return bytes(value)
  if (/percent(age)?$|pct$/i.test(key)) return `${round(value)} %`
  if (/_?(milliseconds|ms)$/i.test(key)) return `${round(value)} ms`
  if (/sec(ond)?s$/i.test(key)) return duration(value)
  if (/_?(mb|gb|kb)$/i.test(key)) return `${round(value)} ${key.slice(-2).toUpperCase()}`
  return round(value)
}

function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, Math.abs(value))) / 10))
  return `${round(value / 1024 ** power)} ${units[power]}`
}

export function duration(seconds: number): string {
  if (seconds < 60) return `${round(seconds)} s`
  const units: [string, number][] = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ]
  let rest = Math.round(seconds)
  const parts = units.flatMap(([unit, size]) => {
    const count = Math.floor(rest / size)
    rest -= count * size
    return count > 0 ? [`${count} ${unit}`] : []
  })
  return parts.slice(0, 2).join(' ')
}

export function round(value: number): string {
  return value.toLocaleString('en-US', {
    useGrouping: false,
    maximumFractionDigits: Math.abs(value) < 10 ? 2 : 1,
  })
}

function when(text: string): string | null {
  const [, date, time] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?Z$/.exec(text) ?? []
  return date ? `${date} ${time} UTC` : null
}

export function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|').slice(0, 300)
}
