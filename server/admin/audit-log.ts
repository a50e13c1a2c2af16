import { readAuditLog } from '../../db/queries/audit-log.ts'
import type { AuditFilter } from '../../db/queries/audit-log.ts'
import type { Db } from '../../db/engine/database.ts'
import { admin } from '../../shared/contract/api/admin.ts'
import { audit } from '../audit.ts'
import { query } from '../trpc.ts'
import { answerFile } from '../sessions/export/answer-file.ts'
import { fromNumber } from './cursor.ts'

export const readAudit = query(admin.audit, async ({ services }, { cursor, limit, ...filter }) => {
  const rows = await readAuditLog(services.database.db, filter, {
    before: cursor ? fromNumber(cursor) : null,
    limit: limit + 1,
  })
  const items = rows.slice(0, limit)
  const last = rows.length > limit ? items.at(-1) : undefined
  return { items, nextCursor: last ? String(last.id) : null }
})

export const exportAudit = query(
  admin.exportAudit,
  async ({ services, user, address, takePieces }, filter) => {
    const { database, now } = services
    const actor = { user, address: address ?? null }
    await audit(database.db, actor, now(), {
      action: 'export.made',
      targetId: null,
      detail: { what: 'audit', format: 'jsonl' },
    })
    const file = { name: `audit-${now().slice(0, 10)}.jsonl`, mimeType: 'application/x-ndjson' }
    const pieces = lines(database.db, filter)
    return answerFile({ ...file, pieces }, takePieces, '/api/admin/audit/export')
  },
)

/** The most entries in memory. */
const PAGE = 500

async function* lines(db: Db, filter: AuditFilter): AsyncGenerator<string> {
  let before: number | null = null
  for (;;) {
    const page = await readAuditLog(db, filter, { before, limit: PAGE })
    if (page.length > 0) {
      yield page.map((entry) => `${JSON.stringify(entry)}\n`).join('')
    }
    before = page.at(-1)?.id ?? null
    if (page.length < PAGE || before === null) {
      return
    }
  }
}
