import type { Question } from './question.ts'

// This is not in `question-form.ts`, because the first page of the web app does not need the form.

export function openQuestion(call: { questions?: Question[] | undefined }): Question | undefined {
  return call.questions?.find(({ reply }) => reply === undefined)
}

/** The questions with every open one closed, because nobody waits for a reply any more. */
export function closed(questions: readonly Question[]): Question[] {
  return questions.map((question) =>
    question.reply ? question : { ...question, reply: { action: 'cancel' } },
  )
}
