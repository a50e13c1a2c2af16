import type { Block } from './split.ts'

/**
 * Whether the last block of a text that is still growing is better not shown yet, for it is about to become something
 * else: the head of a table before the line below it is whole, or the first backticks of a code fence.
 */
export function isHeldBack(block: Block): boolean {
  if (block.token.type !== 'paragraph') return false
  return /^ {0,3}(\|[^\n]*(\n[ |:-]*)?|`{1,2}|~{1,2})$/.test(block.token.raw)
}
