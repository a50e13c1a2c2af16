import { z } from 'zod'
import { FileId } from '../../shared/contract/ids.ts'
import { defineTool } from './define.ts'
import type { ApprovalPolicy, Tool, ToolContext } from './tool.ts'

const Shape = z.enum(['square', 'landscape', 'portrait'])

const Input = z.object({
  prompt: z.string().trim().min(1).max(8_000).describe('What the picture shows, in detail'),
  shape: Shape.default('square'),
})

const Output = z.object({
  /** The file that the call made. */
  picture: FileId,
  /** The prompt as the service changed it. */
  revisedPrompt: z.string().optional(),
})

/** Makes one picture, which costs money. */
export type ImageMaker = {
  approval: ApprovalPolicy
  /** @throws with a message for people, when no picture was made */
  make(
    wanted: z.infer<typeof Input>,
    context: Pick<ToolContext, 'caller' | 'signal' | 'run'>,
  ): Promise<{ data: Uint8Array; mimeType: string; revisedPrompt?: string }>
}

/** Making a picture takes longer than other tools. Milliseconds. */
const TIMEOUT_MS = 180_000

/** The effect is `once`: a crash hides whether the picture was made, and each one costs money. */
export function createImage({
  approval,
  make,
}: ImageMaker): Tool<'create_image', z.infer<typeof Input>, z.infer<typeof Output>> {
  return defineTool({
    name: 'create_image',
    description:
      'Makes a picture from a description. The person sees it below the call: do not repeat it, and do not link to it.',
    input: Input,
    output: Output,
    effect: 'once',
    approval,
    timeoutMs: TIMEOUT_MS,
    execute: async (wanted, context) => {
      const { data, mimeType, revisedPrompt } = await make(wanted, context)
      const ending = mimeType === 'image/jpeg' ? 'jpg' : mimeType.split('/')[1]
      const name = `${nameOf(wanted.prompt)}.${ending}`
      const picture = context.attach({ name, mimeType, data })
      return { picture, ...(revisedPrompt && { revisedPrompt }) }
    },
  })
}

/** A file name from the first words of the prompt. */
function nameOf(prompt: string): string {
  const words = prompt.match(/[\p{L}\p{N}]+/gu) ?? []
  return words.slice(0, 6).join('-').slice(0, 60).toWellFormed() || 'picture'
}
