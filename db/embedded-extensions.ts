import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'

/** What a database made by one PGlite uses, every later one must bring along. */
export const extensions = { pg_trgm }
