// What the process counts and measures of itself, in the text format that Prometheus reads (version 0.0.4):
// https://prometheus.io/docs/instrumenting/exposition_formats/

/** Names and values that tell the numbers of one metric apart; few and known ones, never an id or a person's word. */
type Labels = Record<string, string>

/** A place for numbers: each part of the server names its own here, and `text` shows them all. */
export class Metrics {
  readonly #families: (() => string[])[] = []

  /** @returns adds to the number with these labels, one by default */
  counter(name: string, help: string): (labels?: Labels, by?: number) => void {
    const counts = new Map<string, number>()
    this.#families.push(() => [
      ...heading(name, help, 'counter'),
      ...Array.from(counts, ([labels, count]) => `${name}${labels} ${count}`),
    ])
    return (labels = {}, by = 1) => {
      const key = written(labels)
      counts.set(key, (counts.get(key) ?? 0) + by)
    }
  }

  /**
   * @param read is asked at each look
   * @param type a counter when it never goes down, such as a time that the process has used
   */
  gauge(
    name: string,
    help: string,
    read: () => number,
    labels: Labels = {},
    type: 'gauge' | 'counter' = 'gauge',
  ): void {
    this.#families.push(() => [...heading(name, help, type), `${name}${written(labels)} ${read()}`])
  }

  /**
   * @param bounds the buckets' upper bounds, ascending
   * @returns takes one measured value
   */
  histogram(name: string, help: string, bounds: readonly number[]): (value: number) => void {
    const counts = bounds.map(() => 0)
    let sum = 0
    let count = 0
    this.#families.push(() => [
      ...heading(name, help, 'histogram'),
      ...bounds.map((bound, index) => `${name}_bucket{le="${bound}"} ${counts[index]}`),
      `${name}_bucket{le="+Inf"} ${count}`,
      `${name}_sum ${sum}`,
      `${name}_count ${count}`,
    ])
    return (value) => {
      sum += value
      count += 1
      for (const [index, bound] of bounds.entries()) {
        if (value <= bound) counts[index] = (counts[index] ?? 0) + 1
      }
    }
  }

  text(): string {
    return this.#families.map((lines) => `${lines().join('\n')}\n`).join('')
  }
}

function heading(name: string, help: string, type: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]
}

function written(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${quoted(value)}`)
  return pairs.length > 0 ? `{${pairs.join(',')}}` : ''
}

function quoted(value: string): string {
  const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
  return `"${escaped}"`
}
