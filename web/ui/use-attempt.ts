import { useState } from 'react'
import { t } from '../language/t.ts'

type Attempt = { isBusy: boolean; error: string | null; done: string | null }

/** One operation at a time that may fail, with its state and its outcome in words. */
export function useAttempt() {
  const [state, setState] = useState<Attempt>({ isBusy: false, error: null, done: null })

  /** @param work its result is the text of the outcome */
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
