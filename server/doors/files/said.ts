import type { File } from '../../../shared/contract/file.ts'
import type { DoorRequest } from '../request.ts'
import type { GivenFile } from './given-file.ts'
import { requireFew, storeFiles, withinTime } from './store-files.ts'

/** What somebody said, with the files that came along. */
export type Said<Kind = File> = { role: 'user' | 'assistant'; text: string; files: Kind[] }

/** Stores the files of what was said; by the place of each in the request, too. */
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
