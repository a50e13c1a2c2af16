import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../scripts/testing/server-process.ts'
import { connect } from './connect.ts'
import { FolderInUseError } from './embedded/folder-lock.ts'
import { migrate } from './migrate.ts'
import { TEMPLATE_DIR } from './testing.ts'

describe('the embedded database', () => {
  test('keeps what was committed, and writes it through to the disk', async () => {
    await using folder = await temporaryFolder()
    const options = { dataDir: folder.path, templateDir: TEMPLATE_DIR }
    const first = await connect(options)
    await migrate(first.db)
    await sql`create table kept as select 7 as number`.execute(first.db)
    const { rows } = await sql<{ fsync: string }>`show fsync`.execute(first.db)
    expect(rows).toEqual([{ fsync: 'on' }])
    await first.close()
    const second = await connect(options)
    expect((await sql`select number from kept`.execute(second.db)).rows).toEqual([{ number: 7 }])
    await second.close()
  })

  test('belongs to one process: another is refused, and is let in when the first is gone', async () => {
    await using folder = await temporaryFolder()
    const options = { dataDir: folder.path, templateDir: TEMPLATE_DIR }
    const first = await connect(options)
    await expect(connect(options)).rejects.toThrow(FolderInUseError)
    const lock = JSON.stringify(new URL('embedded/folder-lock.ts', import.meta.url).href)
    const script = `const { lockFolder } = await import(${lock}); lockFolder(${JSON.stringify(folder.path)})`
    const refused = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
    await expect(refused).rejects.toThrow(/FolderInUseError/)
    await first.close()
    await (await connect(options)).close()
  })
})
