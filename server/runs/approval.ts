import { createHash } from 'node:crypto'
import type { ToolInfo } from '../../shared/contract/api/tools.ts'

/**
 * What a person is asked about, as one value: the tool, what it says it takes, and these arguments. An approval is
 * for exactly this: when the tool is another one by the time it would begin, the person is asked again.
 */
export function approvalHash(
  tool: Pick<ToolInfo, 'name' | 'description' | 'inputSchema'>,
  input: unknown,
): string {
  const asked = JSON.stringify([tool.name, tool.description, tool.inputSchema, input])
  return createHash('sha256').update(asked).digest('hex')
}
