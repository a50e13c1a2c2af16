/** The names of the built-in tools, for the setting that selects some; `builtin.ts` creates them. */
export const BUILTIN_TOOL_NAMES = [
  'get_system_metrics',
  'fetch_user_profile',
  'search_sessions',
  'read_file',
  'current_time',
  'create_image',
  'fetch_url',
] as const

export type BuiltinToolName = (typeof BUILTIN_TOOL_NAMES)[number]
