import { createHash } from 'node:crypto'
import type { UserId } from '../../shared/contract/ids.ts'

/** A UUID of version 8 (custom), always the same for the same key of the same person. */
export function derivedId(userId: UserId, what: string, key: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([userId, what, key]))
    .digest('hex')
  const [, a, b, c, d, e] = /^(.{8})(.{4}).(.{3}).(.{3})(.{12})/.exec(digest) ?? []
  return `${a}-${b}-8${c}-8${d}-${e}`
}
