import { Wakeup } from '../concurrency/wakeup.ts'
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
  using wakeup = new Wakeup(signal)
  const leave = tools.onChange(wakeup.wake)
  try {
    while (!signal.aborted) {
      await drained()
      yield { type: 'tools' }
      await wakeup.sleep()
    }
  } finally {
    leave()
  }
}
