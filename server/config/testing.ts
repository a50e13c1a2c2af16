import { ConfigError, readConfig } from './config.ts'

/** The problems that a start with these settings reports; none when it goes on. */
export function problemsOf(env: Record<string, string | undefined>): string[] {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}
