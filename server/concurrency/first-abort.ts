/**
 * A signal that aborts as soon as one of these does, for signals that live as long. Unlike that of `AbortSignal.any`,
 * reading its `aborted` for every token costs nothing.
 */
export function firstAbort(...signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController()
  for (const signal of signals) {
    if (signal.aborted) controller.abort(signal.reason)
    signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true })
  }
  return controller.signal
}
