/** Carries short words between the nodes instead of Postgres. Any of them may be lost. */
export type Wake = {
  /** Whether words arrive, as far as is known: words to ourselves do. */
  readonly up: boolean
  /** Called once. Goes on until `close`, over outages. */
  listen(channel: string, listener: WakeListener): void
  /** Rejects when it is certain that the word was not taken. */
  publish(text: string): Promise<void>
  close(): Promise<void>
}

export type WakeListener = {
  onText(text: string): void
  onState(up: boolean): void
}
