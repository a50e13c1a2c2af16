/** File name extensions by media type; other types have no familiar one. */
const ENDINGS: Record<string, string> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'image/svg+xml': 'svg',
  'audio/mpeg': 'mp3',
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/ogg': 'ogg',
  'audio/flac': 'flac',
  'audio/mp4': 'm4a',
  'video/mp4': 'mp4',
  'application/pdf': 'pdf',
  'application/json': 'json',
  'application/zip': 'zip',
  'text/csv': 'csv',
  'text/html': 'html',
  'text/markdown': 'md',
  'text/plain': 'txt',
}

/** A name for a file without one: the last segment of its address, else one by its type. */
export function fileNameOf({
  uri,
  mimeType,
}: {
  uri: string | null
  mimeType: string | null
}): string {
  const last = uri === null || uri.startsWith('data:') ? '' : lastSegment(uri)
  const type = mimeType?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const [kind = ''] = type.split('/', 1)
  const stem = last || (/^(image|audio|video)$/.test(kind) ? kind : 'file')
  const ending = ENDINGS[type]
  return /\.[\p{L}\p{N}]{1,10}$/u.test(stem) || ending === undefined ? stem : `${stem}.${ending}`
}

function lastSegment(uri: string): string {
  const path = uri.replace(/[?#].*$/s, '')
  const segment = path.slice(path.lastIndexOf('/') + 1)
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
