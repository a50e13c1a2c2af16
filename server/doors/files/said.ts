import type { File } from '../../../shared/contract/file.ts'
import type { ToolCall } from '../../../shared/contract/tool.ts'
import type { DoorRequest } from '../request.ts'
import type { GivenFile } from './given-file.ts'
import { requireFew, storeFiles, withinTime } from './store-files.ts'

/** A call in a posted history, with its outcome. It is never carried out here. */
export type SaidCall = {
  /** The id that the client wrote. */
  id: string
  name: string
  source: ToolCall['source']
  arguments: string
  /** Null until its output is read. */
  result: { output: unknown } | { error: string } | null
}

/** A posted message with its files, and the calls that followed it. */
export type Said<Kind = File> = {
  role: 'user' | 'assistant'
  text: string
  files: Kind[]
  calls?: SaidCall[]
}

/** Stores the files of posted messages. Also returns them by their places in the request. */
export async function storeSaid(
  door: DoorRequest,
  said: readonly Said<GivenFile>[],
): Promise<{ said: Said[]; byPlace: Map<string, File> }> {
  requireFew(
    door,
    said.map(({ files }) => files),
  )
  const within = withinTime(door)
  const byPlace = new Map<string, File>()
  const stored: Said[] = []
  for (const one of said) {
    const files = await storeFiles(door, one.files, within)
    one.files.forEach(({ place }, index) => {
      const file = files[index]
      if (file) byPlace.set(place, file)
    })
    stored.push({ ...one, files })
  }
  return { said: stored, byPlace }
}
