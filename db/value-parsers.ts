import pg from 'pg'

/**
 * How both databases turn values into JavaScript's where their own defaults differ, by Postgres type id: `bigint` and
 * `numeric` become numbers, `timestamptz` an ISO 8601 string in UTC.
 */
export const valueParsers: Record<number, (value: string) => unknown> = {
  20: Number,
  1184: (value) => new Date(value.replace(/([+-]\d\d)$/, '$1:00')).toISOString(),
  1700: Number,
}

/** What `pg` asks for the parser of each column. */
export function postgresParser(
  oid: number,
  format?: 'text' | 'binary',
): (value: string) => unknown {
  return format === 'binary'
    ? pg.types.getTypeParser(oid, 'binary')
    : (valueParsers[oid] ?? pg.types.getTypeParser(oid))
}
