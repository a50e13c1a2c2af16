import type { FileId, UserId } from '../../shared/contract/ids.ts'
import { createImage } from './create-image.ts'
import type { ImageMaker } from './create-image.ts'
import { currentTime } from './current-time.ts'
import { fetchUrl } from './fetch-url.ts'
import { fetchUserProfile } from './fetch-user-profile.ts'
import type { Profile } from './fetch-user-profile.ts'
import { getSystemMetrics } from './get-system-metrics.ts'
import type { CallOf } from './tool.ts'
import { readFile } from './read-file.ts'
import type { ReadableFile } from './read-file.ts'
import { searchSessions } from './search-sessions.ts'
import type { FoundPlace } from './search-sessions.ts'

export type BuiltinToolsDeps = {
  loadProfile: (userId: UserId) => Promise<Profile | null>
  search: (userId: UserId, query: string, limit: number) => Promise<FoundPlace[]>
  /** Reads a file of this person; null when it does not exist or belongs to somebody else. */
  loadFile: (userId: UserId, file: FileId) => Promise<ReadableFile | null>
  /** Milliseconds since the epoch. */
  now: () => number
  /** Null when the server makes no pictures. */
  images: ImageMaker | null
  /** True enables the tool that fetches pages of the public internet. */
  fetchUrls: boolean
}

/** The tools that come with the server. The client's types are derived from this list. */
export function builtinTools({
  loadProfile,
  search,
  loadFile,
  now,
  images,
  fetchUrls,
}: BuiltinToolsDeps) {
  return [
    getSystemMetrics,
    fetchUserProfile(loadProfile),
    searchSessions(search),
    readFile(loadFile),
    currentTime(now),
    ...(images ? [createImage(images)] : []),
    ...(fetchUrls ? [fetchUrl()] : []),
  ] as const
}

/** A call of any of these, told apart by `name`, with the exact input and output of that tool. */
export type BuiltinToolCall = CallOf<ReturnType<typeof builtinTools>[number]>
