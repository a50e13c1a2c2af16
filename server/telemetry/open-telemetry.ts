import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api'
import type { Context, Histogram } from '@opentelemetry/api'
import { parseTraceParent } from '@opentelemetry/core'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { errorType } from './telemetry.ts'
import type { Measure, Span, Telemetry } from './telemetry.ts'

export type OpenTelemetryOptions = {
  /** The address of a collector without the paths of the signals, such as `http://127.0.0.1:4318`. */
  endpoint: string
  version: string
  /** The interval of exporting traces in milliseconds; that of measurements is twelve times as long. */
  intervalMs?: number
}

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL }

/** The buckets that the GenAI conventions recommend, and those of a commit. */
const MEASURES: Record<Measure, { unit: string; bounds: number[] }> = {
  'gen_ai.client.operation.duration': {
    unit: 's',
    bounds: [
      0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
    ],
  },
  'gen_ai.client.token.usage': {
    unit: '{token}',
    bounds: [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576],
  },
  'throughline.commit.duration': {
    unit: 's',
    bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  },
}

/**
 * Sends traces and measurements to a collector by OTLP over HTTP, as JSON. OpenTelemetry's own variables for headers,
 * timeouts, the service's name and further attributes apply. Nothing is registered globally, because libraries that
 * trace by themselves may include people's texts.
 */
export function openTelemetry(options: OpenTelemetryOptions): Telemetry {
  const { endpoint, version, intervalMs = 5_000 } = options
  const resource = defaultResource()
    .merge(
      resourceFromAttributes({
        'service.name': 'throughline',
        'service.version': version,
        'service.instance.id': randomUUID(),
      }),
    )
    .merge(detectResources({ detectors: [envDetector] }))
  const tracers = new TracerProvider({
    resource,
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url: `${endpoint}/v1/traces` }),
        scheduledDelayMillis: intervalMs,
      }),
    ],
  })
  const meters = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter({ url: `${endpoint}/v1/metrics` }),
        exportIntervalMillis: intervalMs * 12,
        exportTimeoutMillis: intervalMs * 6,
      }),
    ],
  })
  const tracer = tracers.getTracer('throughline', version)
  const meter = meters.getMeter('throughline', version)
  const histograms = new Map<string, Histogram>(
    Object.entries(MEASURES).map(([name, { unit, bounds }]) => [
      name,
      meter.createHistogram(name, { unit, advice: { explicitBucketBoundaries: bounds } }),
    ]),
  )
  const present = new AsyncLocalStorage<Context>()

  const parentOf = (traceparent: string | undefined): Context => {
    const given = traceparent === undefined ? null : parseTraceParent(traceparent)
    if (!given) return present.getStore() ?? ROOT_CONTEXT
    return trace.setSpanContext(ROOT_CONTEXT, { ...given, isRemote: true })
  }

  return {
    async within({ name, kind, attributes, traceparent }, work) {
      const parent = parentOf(traceparent)
      const span = tracer.startSpan(
        name,
        { kind: KINDS[kind], ...(attributes && { attributes }) },
        parent,
      )
      const handle: Span = {
        set: (more) => void span.setAttributes(more),
        fail: (type) => {
          span.setAttribute('error.type', type)
          span.setStatus({ code: SpanStatusCode.ERROR })
        },
      }
      try {
        return await present.run(trace.setSpan(parent, span), () => work(handle))
      } catch (error) {
        handle.fail(errorType(error))
        throw error
      } finally {
        span.end()
      }
    },
    record: (measure, value, attributes) => histograms.get(measure)?.record(value, attributes),
    traceparent() {
      const context = trace.getSpanContext(present.getStore() ?? ROOT_CONTEXT)
      if (!context) return null
      const sampled = (context.traceFlags & TraceFlags.SAMPLED) === 0 ? '00' : '01'
      return `00-${context.traceId}-${context.spanId}-${sampled}`
    },
    async close() {
      // A collector that is away must not delay the end of the process.
      const sent = Promise.allSettled([tracers.shutdown(), meters.shutdown()])
      await Promise.race([sent, new Promise((resolve) => setTimeout(resolve, 2_000).unref())])
    },
  }
}
