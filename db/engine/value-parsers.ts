import pg from 'pg'

/**
 * Value parsers by Postgres type id, where the defaults of the two databases differ: `bigint` and `numeric` become
 * numbers, `timestamptz` an ISO 8601 string in UTC.
 */
export const valueParsers: Record<number, (value: string) => unknown> = {
  20: Number,
  1184: (value) => new Date(value.replace(/([+-]\d\d)$/, '$1:00')).toISOString(),
  1700: Number,
}

/** The parser that `pg` uses for a column of this type. */
export function postgresParser(
  oid: number,
  format?: 'text' | 'binary',
): (value: string) => unknown {
  return format === 'binary'
    ? pg.types.getTypeParser(oid, 'binary')
    : (valueParsers[oid] ?? pg.types.getTypeParser(oid))
}
