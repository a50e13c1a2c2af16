import type { Block } from './split.ts'

/**
 * Returns true when the last block of a growing text should not be shown yet, because it is likely to become something
 * else: the header of a table before its delimiter line is complete, or the first backticks of a code fence.
 */
export function isProvisional(block: Block): boolean {
  if (block.token.type !== 'paragraph') return false
  return /^ {0,3}(\|[^\n]*(\n[ |:-]*)?|`{1,2}|~{1,2})$/.test(block.token.raw)
}
