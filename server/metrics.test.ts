import { expect, test } from 'vitest'
import { Metrics } from './metrics.ts'

test('counters, gauges and histograms are shown as Prometheus reads them', () => {
  const metrics = new Metrics()
  const count = metrics.counter('calls_total', 'Calls.')
  metrics.gauge('open', 'What is open.', () => 3, { kind: 'a "b"\\\n' })
  const measure = metrics.histogram('seconds', 'How long.', [0.1, 1])
  count({ status: '200' })
  count({ status: '200' })
  count({ status: '404' }, 5)
  measure(0.1)
  measure(0.5)
  measure(7)
  expect(metrics.text()).toBe(`# HELP calls_total Calls.
# TYPE calls_total counter
calls_total{status="200"} 2
calls_total{status="404"} 5
# HELP open What is open.
# TYPE open gauge
open{kind="a \\"b\\"\\\\\\n"} 3
# HELP seconds How long.
# TYPE seconds histogram
seconds_bucket{le="0.1"} 1
seconds_bucket{le="1"} 2
seconds_bucket{le="+Inf"} 3
seconds_sum 7.6
seconds_count 3
`)
})
