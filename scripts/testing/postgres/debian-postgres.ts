import { globSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * The folder of the newest Postgres of Debian on this machine, which has programs that the packages of npm lack, such
 * as `pg_dump`.
 *
 * @returns its folder, or a sentence with the reason why there is none
 */
export function debianPostgres(): { path: string } | { missing: string } {
  const found = globSync('/usr/lib/postgresql/*/bin/postgres').toSorted((a, b) =>
    a.localeCompare(b, 'en', { numeric: true }),
  )
  const newest = found.at(-1)
  return newest === undefined
    ? { missing: 'Debian’s package postgresql is not installed here' }
    : { path: dirname(newest) }
}
