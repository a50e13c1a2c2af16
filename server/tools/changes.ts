import type { ToolRegistry } from './port.ts'

/** Tools came, went, or are other ones: whoever shows the list asks for it again. */
export type ToolsChange = { type: 'tools' }

/**
 * Tells of changes of the list, however many in a row as one; the first at once, since nobody knows what was missed.
 *
 * @param drained resolves when the reader has room for more
 */
export async function* followTools(
  tools: Pick<ToolRegistry, 'onChange'>,
  signal: AbortSignal,
  drained: () => Promise<void> = () => Promise.resolve(),
): AsyncGenerator<ToolsChange> {
  let next = Promise.withResolvers<void>()
  const leave = tools.onChange(() => next.resolve())
  const stop = () => next.resolve()
  signal.addEventListener('abort', stop, { once: true })
  try {
    while (!signal.aborted) {
      await drained()
      yield { type: 'tools' }
      await next.promise
      next = Promise.withResolvers<void>()
    }
  } finally {
    signal.removeEventListener('abort', stop)
    leave()
  }
}
