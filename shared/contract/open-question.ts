import type { Question } from './question.ts'

// Apart from the form, which the web app's first page has no use for.

export function openQuestion(call: { questions?: Question[] | undefined }): Question | undefined {
  return call.questions?.find(({ reply }) => reply === undefined)
}

/** The questions with each that is open closed: nobody waits for an answer any more. */
export function closed(questions: readonly Question[]): Question[] {
  return questions.map((question) =>
    question.reply ? question : { ...question, reply: { action: 'cancel' } },
  )
}
