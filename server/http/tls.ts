import { watchFile, unwatchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import type { Server } from 'node:https'

export type TlsFiles = { certFile: string; keyFile: string }

/** A certificate with its chain, and its key, as PEM. */
export type TlsPair = { cert: Buffer; key: Buffer }

/** The interval of checking for changed files. Milliseconds. */
const LOOK_MS = 1_000

/** @throws when a file cannot be read, or when they do not belong together; the message carries nothing of them */
export async function readTlsPair({ certFile, keyFile }: TlsFiles): Promise<TlsPair> {
  const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)])
  createSecureContext({ cert, key, minVersion: 'TLSv1.2' })
  return { cert, key }
}

/**
 * Takes the pair up again when one of its files changes: new connections get the new certificate, open ones go on. A
 * pair that does not fit, as while only one of them is written yet, is left for the next change.
 */
export function followTlsFiles(
  server: Pick<Server, 'setSecureContext'>,
  files: TlsFiles,
  onError: (error: unknown) => void,
): Disposable {
  const take = async (): Promise<void> => {
    try {
      server.setSecureContext({ ...(await readTlsPair(files)), minVersion: 'TLSv1.2' })
    } catch (error) {
      onError(error)
    }
  }
  const names = [files.certFile, files.keyFile]
  const onChange = (): void => void take()
  for (const name of names) watchFile(name, { interval: LOOK_MS, persistent: false }, onChange)
  return {
    [Symbol.dispose]: () => {
      for (const name of names) unwatchFile(name, onChange)
    },
  }
}
