import { buffer } from 'node:stream/consumers'
import { FileId } from '../../shared/contract/ids.ts'
import type { UserId } from '../../shared/contract/ids.ts'
import { filesOf } from '../model/port.ts'
import type { ModelFile, ModelMessage, ModelStep } from '../model/port.ts'
import type { Files } from './files.ts'
import { resizeForModel } from './pictures.ts'

/** Providers shrink larger pictures themselves. Pixels. */
const LONGEST_SIDE = 1_568
/** The most base64 characters of all files in one request. */
const MOST = 40 * 1024 * 1024
/** For a longer PDF the model gets its text. Bytes. */
const MOST_OF_PDF = 20 * 1024 * 1024

type Told = ModelFile & { file?: { id: string; bytes: number } }

/**
 * Reads the bytes of a step's files, the newest first, up to the limit of one request. The others are replaced by their
 * descriptions.
 */
export function createFileLoader(files: Files) {
  async function read(userId: UserId, told: Told, room: number): Promise<ModelFile> {
    const { file, ...kept } = told
    const id = FileId.safeParse(file?.id)
    if (!id.success || room <= 0) return kept
    const stored = await files.find(userId, id.data)
    if (!stored) return kept
    try {
      if (kept.kind === 'image') {
        const size = { width: LONGEST_SIDE, height: LONGEST_SIDE }
        const picture = await resizeForModel(() => files.read(stored), size, userId)
        return { ...kept, mimeType: 'image/webp', data: picture.toString('base64') }
      }
      if (stored.file.bytes > Math.min(MOST_OF_PDF, room * 0.7)) return kept
      return { ...kept, data: (await buffer(await files.read(stored))).toString('base64') }
    } catch {
      return kept
    }
  }

  return {
    async load(step: ModelStep, userId: UserId): Promise<ModelStep> {
      if (!step.messages.some((message) => filesOf(message).length > 0)) return step
      let room = MOST
      const messages: ModelMessage[] = []
      for (const message of step.messages.toReversed()) {
        if (message.role === 'assistant' || !message.files) {
          messages.unshift(message)
          continue
        }
        const loaded: ModelFile[] = []
        for (const told of message.files) {
          const file = await read(userId, told, room)
          room -= file.data?.length ?? 0
          loaded.push(file)
        }
        messages.unshift({ ...message, files: loaded })
      }
      return { ...step, messages }
    },
  }
}
