import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'

/** A database whose template was made with an extension needs that extension whenever it is opened. */
export const extensions = { pg_trgm }
