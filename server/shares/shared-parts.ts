import { CallId, FileId } from '../../shared/contract/ids.ts'
import type { File } from '../../shared/contract/file.ts'
import type { Message, Part } from '../../shared/contract/message.ts'
import type { ToolCall } from '../../shared/contract/tool.ts'

/** A file of a snapshot: its id in the snapshot, and the file's own. */
export type SharedFile = { id: FileId; fileId: FileId }

/**
 * Gives calls and files new ids that mean nothing elsewhere, and remembers those of files. Questions of a tool's server
 * and their replies are left out: an address to sign in at is for its person only.
 */
export class SharedParts {
  readonly #newId: () => string
  readonly #ids = new Map<FileId, FileId>()

  constructor(newId: () => string) {
    this.#newId = newId
  }

  get files(): SharedFile[] {
    return [...this.#ids].map(([fileId, id]) => ({ id, fileId }))
  }

  of(parts: Message['parts']): Message['parts'] {
    return parts.map((part): Part => {
      if (part.type === 'file') return { type: 'file', file: this.#renamed(part.file) }
      if (part.type !== 'tool') return part
      const call = { ...withoutQuestion(part.call), id: CallId.parse(this.#newId()) }
      const { files } = call
      if (!files) return { type: 'tool', call }
      const shared = files.map((file) => this.#renamed(file))
      return {
        type: 'tool',
        call: { ...call, files: shared, output: this.#withNewIds(call.output, files) },
      }
    })
  }

  #renamed(file: File): File {
    const id = this.#ids.get(file.id) ?? FileId.parse(this.#newId())
    this.#ids.set(file.id, id)
    return { ...file, id }
  }

  /** An output may name the files of its call. */
  #withNewIds(output: unknown, files: readonly File[]): unknown {
    if (output === undefined) return output
    const text = files.reduce(
      (json, { id }) => json.replaceAll(id, this.#ids.get(id) ?? id),
      JSON.stringify(output),
    )
    return JSON.parse(text)
  }
}

/** A snapshot's messages without the questions of tools' servers. */
export function withoutQuestions(messages: readonly Message[]): Message[] {
  return messages.map((message) => ({
    ...message,
    parts: message.parts.map((part) =>
      part.type === 'tool' ? { type: 'tool', call: withoutQuestion(part.call) } : part,
    ),
  }))
}

function withoutQuestion({ questions: _questions, ...call }: ToolCall): ToolCall {
  return call
}
