import { FileId } from '../../../shared/contract/ids.ts'
import { FileRefusal } from './refusal.ts'

/** A file in a request of another protocol, and its place in the request. */
export type GivenFile = { place: string; name: string | null } & (
  | { type: 'bytes'; mimeType: string | null; bytes: Buffer }
  | { type: 'url'; url: string }
  /** A file that is stored already. */
  | { type: 'stored'; id: FileId }
)

/** The head of a data URL; the longest that is looked for. */
const DATA = /^data:([^,;]*)((?:;[^,;]*)*),/i
const MAX_HEAD = 1_000
const BASE64 = /^[A-Za-z0-9+/_\s-]*(?:=[=\s]*)?$/
/** The path of a file of this server. */
const OWN = /^\/(?:[^?#]*\/)?api\/files\/([0-9a-f-]{36})$/i

/** A file by its URL: a `data:` URL, a URL of the web, or the path of one of this server's own files. */
export function fileAt(url: string, { place, name }: Pick<GivenFile, 'place' | 'name'>): GivenFile {
  const head = DATA.exec(url.slice(0, MAX_HEAD))
  if (head) {
    const [whole, mimeType = '', parameters = ''] = head
    const data = url.slice(whole.length)
    const isBase64 = /;\s*base64\s*$/i.test(parameters)
    const bytes = isBase64 ? base64(data, place) : percentEncoded(data, place)
    return { type: 'bytes', place, name, mimeType: mimeType || null, bytes }
  }
  const own = OWN.exec(url.slice(0, MAX_HEAD))?.[1]
  if (own !== undefined) return storedFile(own, place)
  const address = URL.parse(url)
  if (address?.protocol === 'https:' || address?.protocol === 'http:') {
    return { type: 'url', place, name, url }
  }
  throw new FileRefusal(
    'invalid_file',
    'A file must be a data: URL, or an address of the web.',
    place,
  )
}

/** A file from `file_data`: a data URL, or only base64. */
export function fileOfData(data: string, known: Pick<GivenFile, 'place' | 'name'>): GivenFile {
  if (/^data:/i.test(data)) return fileAt(data, known)
  const bytes = base64(data, known.place)
  return { ...known, type: 'bytes', mimeType: null, bytes }
}

/** A file from `file_id`: it was uploaded to `/api/files`, or came with an earlier request. */
export function storedFile(id: string, place: string): GivenFile {
  const known = FileId.safeParse(id.replace(/^file-/, '')).data
  if (!known) throw new FileRefusal('invalid_file', 'There is no such file here.', place)
  return { type: 'stored', place, name: null, id: known }
}

function base64(data: string, place: string): Buffer {
  const bytes = BASE64.test(data) ? Buffer.from(data, 'base64') : Buffer.alloc(0)
  if (bytes.length > 0) return bytes
  throw new FileRefusal('invalid_file', 'The base64 of a file is empty or damaged.', place)
}

function percentEncoded(data: string, place: string): Buffer {
  try {
    return Buffer.from(decodeURIComponent(data))
  } catch {
    throw new FileRefusal('invalid_file', 'The data: URL of a file is damaged.', place)
  }
}
