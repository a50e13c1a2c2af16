import { questionsOfCall } from '../../../db/queries/messages/tool-calls.ts'
import type { StoredCall } from '../../../db/queries/messages/call-rows.ts'
import { closed } from '../../../shared/contract/open-question.ts'
import type { Asked, Question, QuestionReply } from '../../../shared/contract/question.ts'
import { retryOutages } from '../../log/outages.ts'
import type { RunDeps } from '../deps.ts'
import type { CallRecorder } from './call-recorder.ts'

/** The most questions of one call. Every further one is cancelled, because a server may ask for ever. */
const MAX_QUESTIONS = 20
/**
 * The most that the questions of a call may have as JSON, in UTF-16 units, because each event of the call repeats them.
 */
const MAX_LENGTH = 100_000

const CANCELLED: QuestionReply = { action: 'cancel' }

type Deps = Pick<RunDeps, 'database' | 'replies' | 'now' | 'newId' | 'settings' | 'onError'>

/**
 * Asks a person a question for a call that this attempt carries out: records the question, and waits for the reply that
 * a command records on any node. The wait ends with the attempt, because the server that asked is connected to this
 * node only.
 *
 * @param over aborts when the reply is of no use any more; a reply at the same moment is lost
 */
export async function askPerson(
  asked: Asked,
  stored: StoredCall,
  { recorder, deps, over }: { recorder: CallRecorder; deps: Deps; over: AbortSignal },
): Promise<QuestionReply> {
  const waitMs = deps.settings.questionSeconds * 1000
  const until = new Date(Date.parse(deps.now()) + waitMs).toISOString()
  const question: Question = { ...asked, id: deps.newId(), until }
  const found = await recorder.questions(stored, (questions) => {
    const more = [...questions, question]
    return more.length > MAX_QUESTIONS || JSON.stringify(more).length > MAX_LENGTH
      ? questions
      : more
  })
  if (!found.some(({ id }) => id === question.id)) return CANCELLED
  const late = AbortSignal.timeout(waitMs)
  const end = AbortSignal.any([over, late])
  using replied = deps.replies.listen(stored.call.id, end)
  // A person may take minutes, so an outage of seconds must not end the question.
  const read = () =>
    retryOutages(() => questionsOfCall(deps.database.db, stored.call.id), {
      signal: end,
      onError: (error) =>
        deps.onError(error, 'a reply could not be looked for and is looked for again'),
    }).catch((error: unknown) => {
      if (end.aborted) return []
      throw error
    })
  for (;;) {
    const reply = replyTo(await read(), question.id)
    if (reply) return reply
    if (end.aborted) break
    await replied.sleep()
  }
  const left = await recorder.questions(stored, (questions) =>
    questions.map((one) =>
      one.id === question.id && !one.reply ? { ...one, reply: CANCELLED } : one,
    ),
  )
  return replyTo(left, question.id) ?? CANCELLED
}

/** Closes the questions of a cut attempt, because the server that asked does not wait for a reply any more. */
export async function closeQuestions(
  stored: StoredCall,
  recorder: CallRecorder,
): Promise<StoredCall> {
  const questions = await recorder.questions(stored, closed)
  return { ...stored, call: { ...stored.call, questions } }
}

function replyTo(questions: readonly Question[], id: string): QuestionReply | undefined {
  return questions.find((one) => one.id === id)?.reply
}
