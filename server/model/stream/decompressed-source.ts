import { createBrotliDecompress, createInflate, createUnzip } from 'node:zlib'
import type { ByteSource } from './byte-source.ts'

/** Decompresses the bytes of a server that compressed them although it was not asked to. */
export function decompressed(source: ByteSource, encoding: string | null): ByteSource {
  const unpacker = encoding === null ? undefined : UNPACKERS[encoding.trim().toLowerCase()]?.()
  if (!unpacker) return source
  const end = (how: () => void): void => {
    how()
    unpacker.destroy()
  }
  return {
    read(sink) {
      unpacker.on('data', (bytes: Buffer) => sink.piece(bytes))
      unpacker.on('end', () => sink.end())
      unpacker.on('error', (error) => sink.fail(error))
      source.read({
        piece: (bytes) => unpacker.write(bytes),
        end: () => unpacker.end(),
        fail: (error) => end(() => sink.fail(error)),
      })
    },
    pause: () => source.pause(),
    resume: () => source.resume(),
    cancel: () => end(() => source.cancel()),
    leave: () => end(() => source.leave()),
  }
}

const UNPACKERS: Record<string, (() => ReturnType<typeof createUnzip>) | undefined> = {
  gzip: createUnzip,
  'x-gzip': createUnzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}
