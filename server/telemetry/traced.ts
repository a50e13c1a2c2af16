// Traces, by the GenAI conventions of November 2026. Their names are constants of this project, since the package
// that has them marks them as moved.
import type { ModelDelta, ModelPort, ModelStep } from '../model/port.ts'
import type { ToolRegistry } from '../tools/registry.ts'
import type { Attributes, Telemetry } from './telemetry.ts'

const OPERATION = 'gen_ai.operation.name'
const PROVIDER = 'gen_ai.provider.name'

/** Makes a span of each call of a model, from its request to the end of its answer. */
export function traceModel(model: ModelPort, telemetry: Telemetry): ModelPort {
  const provider = model.kind === 'openai' ? 'openai' : `throughline.${model.kind}`
  return {
    kind: model.kind,
    list: (signal) => model.list(signal),
    stream: (step, signal) => streamWithin(model, step, signal, telemetry, provider),
  }
}

async function* streamWithin(
  model: ModelPort,
  step: ModelStep,
  signal: AbortSignal,
  telemetry: Telemetry,
  provider: string,
): AsyncGenerator<ModelDelta> {
  const common = { [OPERATION]: 'chat', [PROVIDER]: provider, 'gen_ai.request.model': step.model }
  const began = performance.now()
  // The span lasts as long as the iteration, which its consumer drives: each side waits for the other.
  const steps = handOver<ModelDelta>()
  const spanned = telemetry.within(
    {
      name: `chat ${step.model}`,
      kind: 'client',
      attributes: {
        ...common,
        'gen_ai.request.temperature': step.temperature,
        'gen_ai.request.max_tokens': step.maxTokens,
      },
    },
    async (span) => {
      let outcome: Attributes = {}
      try {
        for await (const delta of model.stream(step, signal)) {
          if (delta.type === 'start') span.set({ 'gen_ai.response.model': delta.model })
          if (delta.type === 'finish') {
            span.set({ 'gen_ai.response.finish_reasons': [delta.finish] })
          }
          if (delta.type === 'usage') {
            const { inputTokens, outputTokens } = delta.usage
            span.set({
              'gen_ai.usage.input_tokens': inputTokens,
              'gen_ai.usage.output_tokens': outputTokens,
            })
            for (const [type, count] of Object.entries({
              input: inputTokens,
              output: outputTokens,
            })) {
              const attributes = { ...common, 'gen_ai.token.type': type }
              telemetry.record('gen_ai.client.token.usage', count, attributes)
            }
          }
          if (delta.type === 'error') {
            outcome = { 'error.type': delta.error.code }
            span.fail(delta.error.code)
          }
          if (!(await steps.give(delta))) break
        }
      } finally {
        const seconds = (performance.now() - began) / 1000
        telemetry.record('gen_ai.client.operation.duration', seconds, { ...common, ...outcome })
      }
    },
  )
  yield* steps.taken(spanned)
}

/** A generator whose values come from elsewhere, one for each request. */
function handOver<T>() {
  let wanted = Promise.withResolvers<boolean>()
  let given = Promise.withResolvers<{ value: T } | null>()
  return {
    /** Resolves when the next value is wanted; with false when no more is. */
    give(value: T): Promise<boolean> {
      wanted = Promise.withResolvers()
      given.resolve({ value })
      return wanted.promise
    },
    async *taken(made: Promise<void>): AsyncGenerator<T> {
      const failed = made.then(
        () => given.resolve(null),
        (error: unknown) => given.reject(error),
      )
      try {
        for (;;) {
          const next = await given.promise
          if (next === null) return
          given = Promise.withResolvers()
          yield next.value
          wanted.resolve(true)
        }
      } finally {
        // No later value is read.
        given.promise.catch(() => undefined)
        wanted.resolve(false)
        await failed
      }
    },
  }
}

/** Makes a span of each call of a tool. A name that the model invented is left out. */
export function traceTools(tools: ToolRegistry, telemetry: Telemetry): ToolRegistry {
  return {
    ...tools,
    of: (userId) => traceTools(tools.of(userId), telemetry),
    execute(name, input, context) {
      const info = tools.of(context.caller.id).info(name)
      const known = info ? name : 'unknown'
      return telemetry.within(
        {
          name: `execute_tool ${known}`,
          kind: 'internal',
          attributes: {
            [OPERATION]: 'execute_tool',
            'gen_ai.tool.name': known,
            'gen_ai.tool.call.id': context.callId,
            'throughline.tool.source': info?.source ?? 'builtin',
          },
        },
        async (span) => {
          const outcome = await tools.execute(name, input, context)
          if (!outcome.ok) span.fail(outcome.kind)
          return outcome
        },
      )
    },
  }
}

/** A fetch that continues the current trace at these hosts only. */
export function traceFetch(
  ask: typeof fetch,
  hosts: readonly string[],
  telemetry: Telemetry,
): typeof fetch {
  if (hosts.length === 0) return ask
  return (input, init) => {
    const { host, hostname } = new URL(input instanceof Request ? input.url : input)
    const traceparent = telemetry.traceparent()
    if (traceparent === null || !(hosts.includes(host) || hosts.includes(hostname))) {
      return ask(input, init)
    }
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : {}))
    headers.set('traceparent', traceparent)
    return ask(input, { ...init, headers })
  }
}

/**
 * Makes a span of each commit of a command, or of a step; the text in between is committed in batches of many answers.
 */
export function traceCommits(telemetry: Telemetry) {
  return async <T>(work: () => Promise<T>): Promise<T> => {
    const began = performance.now()
    try {
      return await telemetry.within({ name: 'commit', kind: 'internal' }, work)
    } finally {
      telemetry.record('throughline.commit.duration', (performance.now() - began) / 1000, {})
    }
  }
}
