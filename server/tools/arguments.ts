import type { z } from 'zod'
import { MAX_NESTING, isNestedTooDeeply } from '../../shared/contract/storable.ts'

const MAX_ISSUES = 8

/** Parses the JSON that a model wrote as a call's arguments; some providers send an empty text for no arguments. */
export function readArguments(
  name: string,
  text: string,
): { ok: true; value: unknown } | { ok: false; error: string } {
  if (text.trim() === '') return { ok: true, value: {} }
  try {
    const value: unknown = JSON.parse(text)
    if (!isNestedTooDeeply(value)) return { ok: true, value }
    const error = `The arguments of ${name} are nested too deeply. Use ${MAX_NESTING} levels at most.`
    return { ok: false, error }
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 200) : String(error)
    return {
      ok: false,
      error: `The arguments of ${name} are not valid JSON: ${reason}. Send one JSON object.`,
    }
  }
}

/** Describes the invalid fields, so that the model can correct its call. */
export function describeIssues(name: string, error: z.ZodError): string {
  const issues = error.issues.slice(0, MAX_ISSUES).map((issue) => {
    const field = issue.path.map(String).join('.')
    return `${field ? `"${field}"` : 'the arguments'}: ${issue.message.slice(0, 200)}`
  })
  const more = error.issues.length - issues.length
  return `The arguments of ${name} do not fit: ${issues.join('; ')}${more > 0 ? `; and ${more} more` : ''}.`
}
