import { useState } from 'react'
import { useThroughline } from '../../shared/react/index.ts'
import { stopAnswer, stopSent } from '../features/messages/composer/stop-answer.ts'
import { useEscape } from './use-escape.ts'

/**
 * Stops the answer with the button or Escape; the state is shown at once, and until that run has ended. A snapshot, as
 * after a lost connection, may have the next run of the queue in its place, which can be stopped as well. A message that
 * is on its way is answered no further than that.
 *
 * @param going.run the run of the answer that is being written, null for none
 * @param going.question the message that it answers, or that is on its way to an answer
 * @param onBack called with the box to which a message came back that was not sent yet, when it is another page's
 */
export function useStopping(
  id: string,
  { run, question }: { run: string | null; question: string | null },
  onBack: (box: string) => void,
) {
  const client = useThroughline()
  const [stopped, setStopped] = useState<string | null>(null)
  const isStopping = stopped !== null && (stopped === run || stopped === question)
  if (stopped !== null && !isStopping) setStopped(null)

  const stop = (): void => {
    setStopped(run ?? question)
    const done =
      run === null && question !== null
        ? stopSent(client, id, question).then((box) => {
            if (box !== null && box !== id) onBack(box)
          })
        : stopAnswer(client, id)
    done.catch(() => setStopped(null))
  }

  useEscape((run ?? question) !== null && !isStopping ? stop : null)
  return { stop, isStopping }
}
