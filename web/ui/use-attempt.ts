import { useState } from 'react'
import { t } from '../language/t.ts'

type Attempt = { isBusy: boolean; error: string | null; done: string | null }

/** One thing at a time that may fail: whether it is going on, and what it said at the end. */
export function useAttempt() {
  const [state, setState] = useState<Attempt>({ isBusy: false, error: null, done: null })

  /** @param work what it resolves with is said as the result */
  async function attempt(work: () => Promise<string | void>): Promise<void> {
    if (state.isBusy) return
    setState({ isBusy: true, error: null, done: null })
    try {
      const done = await work()
      setState({ isBusy: false, error: null, done: done ?? null })
    } catch (error) {
      const text = error instanceof Error ? error.message : t('The server cannot be reached.')
      setState({ isBusy: false, error: text, done: null })
    }
  }

  return { ...state, attempt }
}
