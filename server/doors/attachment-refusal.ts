import { DoorError } from './openai/errors.ts'

/** Pictures and files are not taken through the doors yet. The one place that says so. */
export function refuseAttachment(type: string, param: string): never {
  throw new DoorError(
    `Input of the type "${type.slice(0, 100)}" is not supported here yet: send text.`,
    {
      param,
      code: 'unsupported_content',
    },
  )
}
