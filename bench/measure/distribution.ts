/** Summary statistics of many samples, in the unit in which the samples were taken. */
export type Distribution = { count: number; p50: number; p95: number; p99: number; max: number }

/** Stores samples in a typed array, so that the benchmark itself creates no garbage to collect. */
export class Samples {
  #values = new Float64Array(4096)
  #count = 0

  add(value: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(2 * this.#count)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.#count] = value
    this.#count += 1
  }

  distribution(): Distribution {
    const sorted = this.#values.slice(0, this.#count).sort()
    return {
      count: this.#count,
      p50: nearestRank(sorted, 0.5),
      p95: nearestRank(sorted, 0.95),
      p99: nearestRank(sorted, 0.99),
      max: sorted.at(-1) ?? Number.NaN,
    }
  }
}

function nearestRank(sorted: Float64Array, quantile: number): number {
  return sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] ?? Number.NaN
}

/** The lower median; NaN when there are no values. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length / 2) - 1] ?? Number.NaN
}
