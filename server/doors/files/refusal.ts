import { TRPCError } from '@trpc/server'

/** A file that cannot be used, with its place in the request. */
export class FileRefusal extends TRPCError {
  readonly place: string
  readonly reason: 'unsupported_content' | 'invalid_file' | 'file_too_large' | 'too_many_files'

  constructor(reason: FileRefusal['reason'], message: string, place: string) {
    const code = reason === 'file_too_large' ? 'PAYLOAD_TOO_LARGE' : 'BAD_REQUEST'
    super({ code, message: `${place}: ${message}` })
    this.name = 'FileRefusal'
    this.place = place
    this.reason = reason
  }
}
