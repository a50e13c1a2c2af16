/**
 * An event that cannot follow the current state: the stream violated its protocol. The reader restarts from a snapshot.
 * `context` has details for debugging; it may contain the conversation's text.
 */
export class FoldError extends Error {
  readonly context: Readonly<Record<string, unknown>> & { readonly seq: number }

  constructor(message: string, context: FoldError['context']) {
    super(`${message} (seq ${context.seq})`)
    this.name = 'FoldError'
    this.context = context
  }
}
