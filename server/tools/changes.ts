import type { ToolRegistry } from './registry.ts'

/** The list of tools changed: a client that shows it loads it again. */
export type ToolsChange = { type: 'tools' }

/**
 * Yields changes of the tool list; several in a row are merged. The first is yielded at once, because the client may
 * have missed changes.
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
