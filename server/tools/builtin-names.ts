/** The built-in tools by name, for the setting that chooses among them; `builtin.ts` makes them. */
export const BUILTIN_TOOL_NAMES = [
  'get_system_metrics',
  'fetch_user_profile',
  'search_sessions',
  'current_time',
  'fetch_url',
] as const

export type BuiltinToolName = (typeof BUILTIN_TOOL_NAMES)[number]
