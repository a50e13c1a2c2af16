/**
 * An event that cannot follow on the state it met: the stream broke its protocol. The reader starts again from a
 * snapshot. `context` has what a person needs to find out why; it may hold the conversation's text.
 */
export class FoldError extends Error {
  readonly context: Readonly<Record<string, unknown>> & { readonly seq: number }

  constructor(message: string, context: FoldError['context']) {
    super(`${message} (seq ${context.seq})`)
    this.name = 'FoldError'
    this.context = context
  }
}
