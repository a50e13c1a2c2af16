/** The key of the draft of a decision's reason. */
export const reasonDraft = ({ id }: { id: string }): string => `reason.${id}`

/** The key of the draft of a question's answers. */
export const questionDraft = ({ id }: { id: string }): string => `question.${id}`
