/** Timeouts and delays of the connections to MCP servers, in milliseconds. */
export type McpTimeouts = {
  /** The timeout of the initialization, and of each page of the tool list. */
  connectMs: number
  /** The longest that a server may take to say whether it speaks the newest revision. */
  probeMs: number
  /** The timeout of a ping, and how long a server is idle before it is pinged. */
  pingMs: number
  idleMs: number
  /** The delay before the second attempt to connect; it doubles with each attempt, up to the longest. */
  retryMs: number
  longestRetryMs: number
  /** The shortest delay between two readings of a changing tool list. */
  relistMs: number
}
