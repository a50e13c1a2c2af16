import type { AppToolCall } from '../../../shared/client/index.ts'
import { inEnglish, msg, t } from '../../language/t.ts'
import type { Marked } from '../../language/t.ts'

/** The effect of a call on the outside world, explained before it is allowed. */
export const effectTexts: Record<AppToolCall['effect'], Marked> = {
  read: msg('It only reads.'),
  idempotent: msg('It may change something. Repeating it is safe.'),
  once: msg('It may do something that cannot be undone.'),
}

/** Servers say it as well, in English. */
const NOT_KNOWN = msg('Whether it happened is not known.')

/** Explains why the outcome of a call is unknown; the standard sentence is always included. */
export function unknownOutcomeText(error: string | undefined): string {
  if (!error) return t(NOT_KNOWN)
  return error.includes(inEnglish(NOT_KNOWN).slice(0, -1)) ? error : `${error} ${t(NOT_KNOWN)}`
}
