type Options = {
  /** True when no further round may begin. */
  isOver?: () => boolean
  /** Called with the error of a round; without it the callers get the error. */
  onError?: (error: unknown) => void
}

/**
 * Does work in rounds, one at a time. A call during a round causes one more, because the present one may have looked
 * too early; all calls until then share one promise.
 *
 * @param round returns true when there is more to do
 */
export function repeating(
  round: () => Promise<boolean>,
  { isOver = () => false, onError }: Options = {},
): () => Promise<void> {
  let again = false
  let running: Promise<void> | null = null
  const rounds = async (): Promise<void> => {
    while (again && !isOver()) {
      again = false
      const hasMore = await round()
      again ||= hasMore
    }
  }
  return () => {
    again = true
    running ??= (onError ? rounds().catch(onError) : rounds()).finally(() => {
      running = null
    })
    return running
  }
}
