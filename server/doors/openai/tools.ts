import { z } from 'zod'
import { ClientTool } from '../../../shared/contract/run-options.ts'
import { DoorError } from './errors.ts'

/** A function in the form of Responses, or, one level deeper, of Chat Completions. */
const Function_ = z.looseObject({
  name: z.string(),
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
})
const Tool = z.looseObject({ type: z.string(), function: Function_.optional() })

/** The functions that the client carries out. The server's own tools are offered in addition. */
export function readFunctionTools(given: readonly unknown[]): ClientTool[] {
  return given.map((one, index) => {
    const param = `tools[${index}]`
    const tool = Tool.safeParse(one).data
    const named = Function_.safeParse(tool?.function ?? one).data
    if (tool?.type !== 'function' || !named) {
      throw new DoorError('Only tools of the type "function" are supported.', { param })
    }
    const { name, description, parameters } = named
    const read = ClientTool.safeParse({
      ...{ name, description: description ?? '' },
      ...(parameters && { inputSchema: parameters }),
    })
    if (!read.success) throw new DoorError(z.prettifyError(read.error), { param })
    return read.data
  })
}
