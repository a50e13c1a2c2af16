/** Carries short messages between the nodes instead of Postgres. Any of them may be lost. */
export type Wake = {
  /** True while messages arrive: those of this node to itself do. */
  readonly up: boolean
  /** Called once. Goes on until `close`, across outages. */
  listen(channel: string, listener: WakeListener): void
  /** Rejects when the message was certainly not accepted. */
  publish(text: string): Promise<void>
  close(): Promise<void>
}

export type WakeListener = {
  onText(text: string): void
  onState(up: boolean): void
}
