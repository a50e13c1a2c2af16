import type { z } from 'zod'
import { ExportFile } from '../../../shared/contract/export.ts'
import type { ExportedSession } from '../../../shared/contract/export.ts'
import { ThreadRefusal } from '../../concurrency/threads.ts'
import { ChatGptFile } from './chatgpt-file.ts'
import { fromChatGpt } from './chatgpt.ts'
import { invalidImport, namePlace } from './import-error.ts'
import type { ImportPath } from './import-error.ts'
import { checkTree } from './import-tree.ts'
import { isTextNestedDeeper } from './json-depth.ts'

/** The deepest nesting of a file; input and output of a call may have 200 levels of their own. */
const MAX_DEPTH = 300

/**
 * The sessions of a file, validated and ready to be inserted. The time that this takes depends on the input, so it runs
 * in a thread (import-worker.ts).
 *
 * @param text a file of this project, or ChatGPT's `conversations.json`
 * @throws ThreadRefusal with the place of the error
 */
export function readImport(text: string, now: string): ExportedSession[] {
  const parsed = parse(text)
  if (Array.isArray(parsed)) {
    return fromChatGpt(check(ChatGptFile, parsed), now)
  }
  if (typeof parsed !== 'object' || parsed === null || !Object.hasOwn(parsed, 'format')) {
    throw invalidImport([], 'is neither an export of Throughline nor ChatGPT’s conversations.json')
  }
  const { sessions } = check(ExportFile, parsed)
  for (const [index, session] of sessions.entries()) {
    checkTree(session, ['sessions', index])
  }
  return sessions
}

function parse(text: string): unknown {
  if (isTextNestedDeeper(text, MAX_DEPTH)) {
    throw invalidImport([], `is nested deeper than ${MAX_DEPTH} levels`)
  }
  try {
    // Some programs begin a file with a byte order mark.
    return JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text)
  } catch (cause) {
    throw invalidImport([], `is no JSON: ${cause instanceof Error ? cause.message : 'unreadable'}`)
  }
}

/** The most problems that an error lists. */
const SHOWN = 5

function check<T>(schema: z.ZodType<T>, data: unknown): T {
  const { success, data: value, error } = schema.safeParse(data)
  if (success) {
    return value
  }
  const { issues } = error
  const lines = issues
    .slice(0, SHOWN)
    .map(({ path, message }) => `${namePlace(path as ImportPath)}: ${message}`)
  if (issues.length > SHOWN) {
    lines.push(`and ${issues.length - SHOWN} more`)
  }
  throw new ThreadRefusal(lines.join('\n'))
}
