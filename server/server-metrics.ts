import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import type { Hub } from './log/reading/hub.ts'
import type { Wake } from './nodes/wake.ts'

/** Metrics about this process, and the number of readers that it serves. */
export function createServerMetrics(
  metrics: Registry,
  {
    about,
    hub,
    wake,
  }: { about: Record<string, string>; hub: Pick<Hub, 'readers'>; wake: Pick<Wake, 'up'> | null },
): void {
  const registers = [metrics]
  new Gauge({
    name: 'throughline_info',
    help: 'Always 1; what runs here is in the labels.',
    labelNames: Object.keys(about),
    registers,
  }).set(about, 1)
  new Gauge({
    name: 'throughline_readers',
    help: 'Readers of sessions, over all sockets.',
    registers,
    collect() {
      this.set(hub.readers)
    },
  })
  if (wake) {
    new Gauge({
      name: 'throughline_wake_up',
      help: 'Whether the server of WAKE_URL carries the word between nodes; if not, Postgres does.',
      registers,
      collect() {
        this.set(wake.up ? 1 : 0)
      },
    })
  }
}
