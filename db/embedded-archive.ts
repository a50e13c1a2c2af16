/** An archive in the form that PGlite takes: a real `Blob` copies it in, and again, piece by piece, out. */
export function asBlob(archive: Uint8Array<ArrayBuffer>): Blob {
  const blob = new Blob([])
  blob.arrayBuffer = async () =>
    archive.byteLength === archive.buffer.byteLength ? archive.buffer : archive.slice().buffer
  return blob
}
