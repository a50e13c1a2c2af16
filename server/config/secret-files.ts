import { readFileSync } from 'node:fs'
import { Settings } from './settings.ts'

/** Settings that are secrets, or contain one. */
const SECRETS = Object.keys(Settings.shape).filter((name) =>
  /(_KEY|_SECRET)$|^(DATABASE_URL|DATABASE_READ_URL|SMTP_URL|WAKE_URL)$/.test(name),
)

type Environment = Record<string, string | undefined>

/**
 * The environment with the secrets of variables `NAME_FILE`, which have the path of a file with nothing but the secret.
 *
 * @returns the problems besides it, by variable and never by value
 */
export function withSecretFiles(env: Environment): { env: Environment; problems: string[] } {
  const problems: string[] = []
  const found: Environment = {}
  for (const name of SECRETS) {
    const file = env[`${name}_FILE`]
    if (file === undefined || file.trim() === '') continue
    if (env[name]?.trim()) {
      problems.push(`${name}_FILE: ${name} is set as well; set one of the two.`)
      continue
    }
    try {
      // Editors end a file with a line break, which is not part of the secret.
      found[name] = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
      if (found[name].trim() === '') problems.push(`${name}_FILE: the file is empty.`)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
      problems.push(`${name}_FILE: the file cannot be read (${code}).`)
    }
  }
  return { env: { ...env, ...found }, problems }
}
