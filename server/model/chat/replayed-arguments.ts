import { isObject, parseJson } from '../json.ts'

/**
 * The arguments of an earlier call in a form that can be sent back. If a model wrote arguments that are not JSON, its
 * call failed, and many servers would refuse the whole conversation with such a text in it.
 */
export function replayedArguments(text: string): string {
  return isObject(parseJson(text)) ? text : JSON.stringify({ unreadable_arguments: text })
}

/** A tool's name that every server accepts: one invented name must not make the whole conversation unusable. */
export function replayedName(name: string): string {
  return name.replace(/[^\w-]/g, '_').slice(0, 64) || 'unnamed'
}

/** The output of a tool as the model reads it. Neither API has a field for a failed call, so the text says so. */
export function replayedOutput(output: string, failed: boolean): string {
  return failed && !/^error\b/i.test(output) ? `Error: ${output}` : output
}
