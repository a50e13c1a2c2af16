import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

/**
 * Makes the hashing of passwords cheap in this process: at its real cost it was a tenth of the CPU time of the tests.
 * Servers in processes of their own, such as those of the browser's stories, hash as they do in production.
 */
const { scrypt } = crypto
const cheap = (
  password: crypto.BinaryLike,
  salt: crypto.BinaryLike,
  length: number,
  options: crypto.ScryptOptions,
  done: (error: Error | null, key: Buffer) => void,
): void => scrypt(password, salt, length, { ...options, N: 2, r: 1 }, done)

// The files of tests share a process, and each loads this.
if (scrypt.name !== cheap.name) {
  Object.assign(crypto, { scrypt: cheap })
  syncBuiltinESMExports()
}
