/** Wraps an archive in the interface of `Blob` that PGlite uses. A real `Blob` would copy the bytes twice. */
export function asBlob(archive: Uint8Array<ArrayBuffer>): Blob {
  const blob = new Blob([])
  blob.arrayBuffer = async () =>
    archive.byteLength === archive.buffer.byteLength ? archive.buffer : archive.slice().buffer
  return blob
}
