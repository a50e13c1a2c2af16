import { z } from 'zod'
import { defineTool } from '../tools/define.ts'

/** A tool that always needs approval. */
export const askFirst = defineTool({
  name: 'ask_first',
  description: 'Does nothing, after asking',
  input: z.object({}),
  output: z.object({}),
  effect: 'once',
  approval: 'always',
  execute: async () => ({}),
})
