import { keepFilesOfCall } from '../../../db/queries/files/files.ts'
import {
  othersAsk,
  questionsOfCall,
  setQuestions,
  setTask,
  updateCall,
} from '../../../db/queries/messages/tool-calls.ts'
import type { StoredCall } from '../../../db/queries/messages/call-rows.ts'
import type { StoredTask } from '../../../db/stored-values.ts'
import type { CallId } from '../../../shared/contract/ids.ts'
import { openQuestion } from '../../../shared/contract/open-question.ts'
import type { Question } from '../../../shared/contract/question.ts'
import type { RunDeps } from '../deps.ts'
import { logCall } from '../lines.ts'
import type { AttemptLog } from './attempt-log.ts'

/** Records the states of an attempt's calls, and the questions and tasks of those that are carried out. */
export class CallRecorder {
  readonly #log: AttemptLog
  readonly #deps: Pick<RunDeps, 'logger' | 'tools'>

  constructor(log: AttemptLog, deps: Pick<RunDeps, 'logger' | 'tools'>) {
    this.#log = log
    this.#deps = deps
  }

  /** Records a call's new state. */
  async call(stored: StoredCall): Promise<StoredCall> {
    const recorded = await this.#log.append(async (transaction) => {
      const kept = await keepFilesOfCall(transaction.db, this.#log.place, stored.call)
      const { call, closes } = await updateCall(transaction.db, { ...stored, call: kept })
      const made = { ...stored, call, ...this.#log.place }
      transaction.addCall(made, closes ? await othersAsk(transaction.db, made) : undefined)
      return { ...stored, call }
    })
    logCall(this.#deps, recorded.call)
    return recorded
  }

  /** Changes the questions of a running call, and adds an event if they are different. */
  async questions(
    { call, ...stored }: StoredCall,
    change: (questions: readonly Question[]) => readonly Question[],
  ): Promise<Question[]> {
    return this.#log.append(async (transaction) => {
      const before = await questionsOfCall(transaction.db, call.id, { lock: true })
      const questions = [...change(before)]
      if (JSON.stringify(questions) !== JSON.stringify(before)) {
        const asked = { ...stored, ...this.#log.place, call: { ...call, questions } }
        const isOpen = openQuestion(asked.call) !== undefined
        const seq = transaction.addCall(asked, isOpen || (await othersAsk(transaction.db, asked)))
        const isNew = questions.length > before.length
        await setQuestions(transaction.db, call.id, questions, isNew ? seq : undefined)
      }
      return questions
    })
  }

  /** Records the id of the task as which a server carries out a call. */
  async task(call: CallId, task: StoredTask): Promise<void> {
    await this.#log.append(({ db }) => setTask(db, call, task))
  }
}
