import { createHash } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import type { File } from '../../../shared/contract/file.ts'
import { FileId } from '../../../shared/contract/ids.ts'
import { derivedId } from '../derived-id.ts'
import type { DoorRequest } from '../request.ts'
import type { GivenFile } from './given-file.ts'
import { FileRefusal } from './refusal.ts'

/** The time for one fetch, with its redirects, and for all fetches of a request. Milliseconds. */
const FETCH_MS = { each: 20_000, all: 60_000 }

/** The most files of a request, with those of its history, and the most of them that are fetched. */
const MOST = { files: 200, fetched: 20 }

type Bytes = Extract<GivenFile, { type: 'bytes' }>

/**
 * Rejects too many files, before any is fetched or stored.
 *
 * @param given the files of each message
 * @throws {FileRefusal}
 */
export function requireFew(
  { services }: DoorRequest,
  given: readonly (readonly GivenFile[])[],
): void {
  const { perMessage } = services.files
  const refuse = (message: string, over: GivenFile | undefined) => {
    if (over) throw new FileRefusal('too_many_files', message, over.place)
  }
  for (const files of given) {
    refuse(`A message may have ${perMessage} files at most.`, files[perMessage])
  }
  const all = given.flat()
  refuse(`A request may have ${MOST.files} files at most.`, all[MOST.files])
  const fetched = all.filter(({ type }) => type === 'url')
  refuse(`${MOST.fetched} files of a request may be addresses, at most.`, fetched[MOST.fetched])
}

/** Aborts when the client is gone, or when all fetches of the request together take too long. */
export function withinTime({ signal }: Pick<DoorRequest, 'signal'>): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(FETCH_MS.all)])
}

/**
 * Stores the files of a request as files of its sender. The same bytes under the same name are the same file, so a
 * repeated request, or one that repeats the history, stores nothing twice.
 *
 * @throws {FileRefusal} and as uploads do
 */
export async function storeFiles(
  door: DoorRequest,
  given: readonly GivenFile[],
  within: AbortSignal,
): Promise<File[]> {
  if (given.length === 0) return []
  door.requireWrite()
  const stored: File[] = []
  // One file after the other, because each is held in memory meanwhile.
  for (const file of given) {
    if (file.type === 'stored') {
      stored.push(await find(door, file))
    } else {
      const bytes = file.type === 'url' ? await download(door, file, within) : file
      stored.push(await store(door, bytes))
    }
  }
  return stored
}

async function find(
  { services, userId }: DoorRequest,
  { id, place }: Extract<GivenFile, { type: 'stored' }>,
): Promise<File> {
  const found = await services.files.find(userId, id)
  if (!found) throw new FileRefusal('invalid_file', 'There is no such file here.', place)
  return found.file
}

async function store(door: DoorRequest, { bytes, mimeType, name, place }: Bytes): Promise<File> {
  const { files } = door.services
  if (bytes.length > files.maxBytes) throw tooLarge(door, place)
  const known = name ?? nameOf(mimeType)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const key = JSON.stringify([sha256, known, mimeType])
  const id = FileId.parse(derivedId(door.userId, 'file', key))
  const path = files.temporaryPath()
  try {
    await writeFile(path, bytes, { mode: 0o600, flag: 'wx' })
    return await files.accept(door.user, { id, path, name: known, mimeType })
  } finally {
    await rm(path, { force: true })
  }
}

/** Fetches from the public internet only, and only where the operator allows the model's own tool to do so. */
async function download(
  door: DoorRequest,
  { url, name, place }: Extract<GivenFile, { type: 'url' }>,
  within: AbortSignal,
): Promise<Bytes> {
  if (!door.services.tools.info('fetch_url')) {
    const message = 'This server fetches no addresses: send the file itself, as a data: URL.'
    throw new FileRefusal('unsupported_content', message, place)
  }
  const { maxBytes } = door.services.files
  const signal = AbortSignal.any([within, AbortSignal.timeout(FETCH_MS.each)])
  const { safeFetch } = await import('../../tools/fetch/safe-fetch.ts')
  try {
    const { response, close } = await safeFetch(url, signal)
    try {
      if (!response.ok) throw new Error(`The address answered with ${response.status}.`)
      const pieces: Uint8Array[] = []
      let length = 0
      for await (const piece of response.body ?? []) {
        length += piece.length
        if (length > maxBytes) throw tooLarge(door, place)
        pieces.push(piece)
      }
      const mimeType = response.headers.get('content-type')
      const last = lastSegment(url)
      const bytes = Buffer.concat(pieces)
      return { type: 'bytes', place, name: name ?? (last || null), mimeType, bytes }
    } finally {
      await close()
    }
  } catch (error) {
    door.signal.throwIfAborted()
    if (error instanceof FileRefusal) throw error
    const reason = error instanceof Error ? error.message : 'unknown'
    throw new FileRefusal('invalid_file', `The file could not be fetched. ${reason}`, place)
  }
}

/** The last segment of a URL's path; encoded, when it cannot be decoded. */
export function lastSegment(url: string): string {
  const segment = URL.parse(url)?.pathname.split('/').at(-1) ?? ''
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

function tooLarge({ services }: DoorRequest, place: string): FileRefusal {
  const megabytes = Number((services.files.maxBytes / (1024 * 1024)).toFixed(3))
  return new FileRefusal('file_too_large', `A file may have ${megabytes} MB at most.`, place)
}

function nameOf(mimeType: string | null): string {
  const [type = '', ending = ''] = mimeType?.split(';')[0]?.split('/') ?? []
  const what = type === 'image' ? 'picture' : 'file'
  return /^[\w-]{1,10}$/.test(ending) ? `${what}.${ending.replace('jpeg', 'jpg')}` : what
}
