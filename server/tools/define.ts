import type { Tool } from './tool.ts'

/** Declares a tool; the types of `execute` are inferred from the two schemas. */
export function defineTool<const Name extends string, Input, Output>(
  tool: Tool<Name, Input, Output>,
): Tool<Name, Input, Output> {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(tool.name)) {
    throw new Error(`tool name "${tool.name}": use letters, digits, "_" and "-", at most 64`)
  }
  return tool
}
