/**
 * A signal that aborts as soon as one of these does, for signals that end together with it. Unlike that of
 * `AbortSignal.any` it is looked at for every token at no cost.
 */
export function firstAbort(...signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController()
  for (const signal of signals) {
    if (signal.aborted) controller.abort(signal.reason)
    signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true })
  }
  return controller.signal
}
