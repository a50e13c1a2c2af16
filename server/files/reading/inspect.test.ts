import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { safeFileName } from '../../../shared/contract/file.ts'
import { cell, docx, ods, pdf, png, xlsx, zip } from '../../testing/made-files.ts'
import { inspect } from './inspect.ts'

test('what a file is, is told by its content, and what cannot be read says why', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'inspect-'))
  const look = async (content: Buffer | string) => {
    const path = join(folder.path, 'file')
    await writeFile(path, content)
    return inspect(path, content.length)
  }
  expect(await look('# Title\n\nSome text, ünïcode.')).toMatchObject({ kind: 'text', error: null })
  expect(await look('<html><script>alert(1)</script></html>')).toMatchObject({ kind: 'text' })
  const svg = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'
  expect(await look(svg)).toMatchObject({ kind: 'text', mimeType: null })
  expect(await look(Buffer.from([1, 2, 0, 255, 254, 9, 8]))).toMatchObject({ kind: 'other' })
  expect(await look(png(60_000))).toMatchObject({
    ...{ kind: 'image', width: 60_000, error: expect.stringContaining('too large') },
  })
  const polyglot = Buffer.concat([png(4), Buffer.from('<script>alert(1)</script>')])
  expect(await look(polyglot)).toMatchObject({ kind: 'image', mimeType: 'image/png' })
  expect(await look(docx('The word'))).toMatchObject({
    ...{ kind: 'document', text: expect.stringContaining('The word'), error: null },
  })
  expect(await look(docx('0'.repeat(200_000_000)))).toMatchObject({
    ...{ kind: 'document', text: null, error: expect.stringContaining('unpacks to more') },
  })
  expect(await look(pdf('Page of words'))).toMatchObject({
    ...{ kind: 'pdf', pages: 1, text: expect.stringContaining('[page 1]\nPage of words') },
  })
  expect(await look('%PDF-1.7\nnothing that is one')).toMatchObject({
    ...{ kind: 'pdf', text: null, error: expect.stringContaining('PDF') },
  })
})

test('a spreadsheet is read sheet by sheet, its rows as lines, within the same bounds', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'inspect-'))
  const look = async (content: Buffer) => {
    const path = join(folder.path, 'file')
    await writeFile(path, content)
    return inspect(path, content.length)
  }
  const rows =
    `<row r="1">${cell('A1', 'Port')}${cell('B1', 'Height, m')}</row>` +
    `<row r="2">${cell('A2', 'Brest')}<c r="B2"><v>6.5</v></c></row>`
  expect(await look(xlsx(rows))).toMatchObject({
    kind: 'document',
    error: null,
    text: '[sheet "Tides, high", 2 rows]\nPort,"Height, m"\nBrest,6.5\n\n[sheet "Two", 1 rows]\n7',
  })
  const bomb = await look(xlsx(`<row r="1">${cell('A1', '0'.repeat(200_000_000))}</row>`))
  expect(bomb).toMatchObject({ text: null, error: expect.stringContaining('unpacks to more') })
  const broken = await look(xlsx('<row r="1"><c r="A1"'))
  expect(broken.kind).toBe('document')
}, 60_000)

const row = (cells: string, times = 1): string =>
  `<table:table-row table:number-rows-repeated="${times}">${cells}</table:table-row>`
const said = (text: string, more = ''): string =>
  `<table:table-cell office:value-type="string" ${more}><text:p>${text}</text:p></table:table-cell>`

test('an OpenDocument spreadsheet is read in the same form, however often it repeats itself', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'inspect-'))
  const look = async (content: Buffer) => {
    const path = join(folder.path, 'file')
    await writeFile(path, content)
    return inspect(path, content.length)
  }
  const number =
    '<table:table-cell office:value-type="float" office:value="6.5"><text:p>6,50 m</text:p></table:table-cell>'
  const date =
    '<table:table-cell office:value-type="date" office:date-value="2026-03-29"><office:annotation><text:p>A comment</text:p></office:annotation><text:p>29.3.</text:p></table:table-cell>'
  const empty = '<table:table-cell table:number-columns-repeated="16384"/>'
  const sheets =
    `<table:table table:name="Tides, high">${row(said('Port') + said('Height,<text:s/>m') + said('Day') + empty)}` +
    `${row(empty, 2)}${row(said('Brest &amp; others') + number + date + empty)}${row(empty, 1_048_000)}</table:table>` +
    `<table:table table:name="Two">${row(said('x', 'table:number-columns-repeated="3"'), 2)}</table:table>`
  expect(await look(ods(sheets))).toMatchObject({
    kind: 'document',
    mimeType: 'application/vnd.oasis.opendocument.spreadsheet',
    error: null,
    text: '[sheet "Tides, high", 4 rows]\nPort,"Height, m",Day\n\n\nBrest & others,6.5,2026-03-29\n\n[sheet "Two", 2 rows]\nx,x,x\nx,x,x',
  })
  const times = 'table:number-columns-repeated="1000000000"'
  const endless = `<table:table table:name="Endless">${row(said('y'.repeat(1_000), times), 1_000_000_000).repeat(50)}</table:table>`
  const cut = await look(ods(endless))
  expect(cut.error).toBe(null)
  expect(cut.text?.length).toBe(2_000_000)
  const bomb = await look(ods(`<table:table>${'0'.repeat(200_000_000)}</table:table>`))
  expect(bomb).toMatchObject({ text: null, error: expect.stringContaining('unpacks to more') })
  for (const broken of ['<table:table>', '&made-up;', '<table:table table:name="x"><']) {
    expect(await look(ods(broken))).toMatchObject({
      ...{ kind: 'document', text: null, error: 'The document is damaged.' },
    })
  }
  const entities =
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><office:x>&b;</office:x>'
  const laughs = zip({
    mimetype: Buffer.from('application/vnd.oasis.opendocument.spreadsheet'),
    'content.xml': Buffer.from(entities),
  })
  expect(await look(laughs)).toMatchObject({ error: 'The document is damaged.' })
}, 60_000)

test('a workbook of Excel 2003 is read in the same form; an encrypted document says that it is one', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'inspect-'))
  const look = async (content: Buffer) => {
    const path = join(folder.path, 'file')
    await writeFile(path, content)
    return inspect(path, content.length)
  }
  const { utils, write } = await import('@e965/xlsx')
  const book = utils.book_new()
  const rows = [
    ['Port', 'Height, m', 'Day'],
    ['Brest ⚓', 6.5, new Date('2026-03-29T00:00:00.000Z')],
    [],
    [null, true],
  ]
  utils.book_append_sheet(book, utils.aoa_to_sheet(rows, { cellDates: true, UTC: true }), 'Tides')
  utils.book_append_sheet(book, utils.aoa_to_sheet([[7]]), 'Two')
  const xls = write(book, { type: 'buffer', bookType: 'biff8' }) as Buffer
  expect(await look(xls)).toMatchObject({
    ...{ kind: 'document', mimeType: 'application/vnd.ms-excel', error: null },
    text: '[sheet "Tides", 4 rows]\nPort,"Height, m",Day\nBrest ⚓,6.5,2026-03-29\n\n,true\n\n[sheet "Two", 1 rows]\n7',
  })
  const cut = await look(xls.subarray(0, xls.length / 2))
  expect(cut.text === null || cut.error === null).toBe(true)
  // A document of Word or Excel with a password is another container, with what is encrypted in it.
  const { CFB } = await import('@e965/xlsx')
  const container = CFB.utils.cfb_new()
  CFB.utils.cfb_add(container, '/EncryptedPackage', Buffer.alloc(5_000))
  const locked = Buffer.from(CFB.write(container, { type: 'buffer' }) as Uint8Array)
  expect(await look(locked)).toMatchObject({
    ...{ kind: 'document', text: null, error: expect.stringContaining('encrypted') },
  })
}, 60_000)

test('a PDF that is encrypted, broken, or never ends is stored, and says why it cannot be read', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'inspect-'))
  const path = join(folder.path, 'file')
  const look = async (content: Buffer | string, deadlineMs?: number) => {
    await writeFile(path, content)
    return inspect(path, content.length, deadlineMs === undefined ? {} : { deadlineMs })
  }
  const [body = '', trailer = ''] = pdf('Locked').toString('latin1').split('trailer<<')
  // The standard handler, with keys that no password makes.
  const lock = `6 0 obj<</Filter/Standard/V 1/R 2/O<${'41'.repeat(32)}>/U<${'42'.repeat(32)}>/P -4>>endobj`
  const locked = `${body}${lock}\ntrailer<</Encrypt 6 0 R/ID[<00><00>]${trailer}`
  expect(await look(Buffer.from(locked, 'latin1'))).toMatchObject({
    ...{ kind: 'pdf', text: null, error: expect.stringContaining('encrypted') },
  })
  expect(await look(pdf('Half').subarray(0, 60))).toMatchObject({
    ...{ kind: 'pdf', error: expect.stringContaining('PDF') },
  })
  // Pages that say they are their own parents, and operators without end.
  const endless = pdf(`x) Tj ET ${'BT (y) Tj ET '.repeat(2_000_000)} BT (z`)
  expect(await look(endless, 1_500)).toMatchObject({
    ...{ kind: 'pdf', text: null, error: expect.stringContaining('it takes too much') },
  })
}, 120_000)

test('a name is one line that shows how it ends, without folders', () => {
  const names = {
    '../../etc/passwd': 'passwd',
    'C:\\Users\\ada\\a.txt': 'a.txt',
    'invoice\u202Efdp.exe': 'invoicefdp.exe',
    'a\u0000b\nc.txt': 'abc.txt',
    '..': 'file',
    '': 'file',
  }
  for (const [given, safe] of Object.entries(names)) expect(safeFileName(given)).toBe(safe)
  const long = safeFileName(`${'😀'.repeat(300)}.pdf`)
  expect(long.length).toBeLessThanOrEqual(200)
  expect(long.endsWith('😀.pdf')).toBe(true)
  expect(long.isWellFormed()).toBe(true)
})
