/** How patient the server is with its MCP servers. Milliseconds. */
export type McpTimes = {
  /** The longest that a greeting, or a page of the list, may take. */
  connectMs: number
  /** The longest that a sign of life may take, and how long a server is idle before it is asked for one. */
  pingMs: number
  idleMs: number
  /** Before the second try to connect; each later one waits twice as long, up to the longest. */
  retryMs: number
  longestRetryMs: number
  /** Between two readings of a list that keeps changing. */
  relistMs: number
}
