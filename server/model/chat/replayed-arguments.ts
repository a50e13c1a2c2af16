import { isObject, parseJson } from '../json.ts'

/**
 * The arguments of an earlier call as they may be sent back. A model that once wrote no JSON made a call that failed;
 * many servers fail on the whole conversation when they meet such text again.
 */
export function replayedArguments(text: string): string {
  return isObject(parseJson(text)) ? text : JSON.stringify({ unreadable_arguments: text })
}

/** A name that no server refuses: models invent names, and one such call must not spoil the whole conversation. */
export function replayedName(name: string): string {
  return name.replace(/[^\w-]/g, '_').slice(0, 64) || 'unnamed'
}

/** The output of a tool as the model reads it: neither API has a field that says "this failed". */
export function replayedOutput(output: string, failed: boolean): string {
  return failed && !/^error\b/i.test(output) ? `Error: ${output}` : output
}
