import { basePath } from '../../base-path.ts'

/** Saves a text as a file through the browser. */
export function download(name: string, mimeType: string, parts: BlobPart[]): void {
  const url = URL.createObjectURL(new Blob(parts, { type: mimeType }))
  follow(url, name)
  // The browser has read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

/** Saves a file of the server, which names it, however long it is. */
export function downloadFrom(path: string): void {
  follow(basePath + path, '')
}

function follow(url: string, name: string): void {
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
}
