import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateRawSync, deflateSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { safeFileName } from '../../../shared/contract/file.ts'
import { inspect } from './inspect.ts'

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

/** A PNG that says it is so large, with nothing in it. */
function png(side: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(10))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** An archive of these entries, packed. */
function zip(entries: Record<string, Buffer>): Buffer {
  const locals: Buffer[] = []
  const central: Buffer[] = []
  let at = 0
  for (const [name, content] of Object.entries(entries)) {
    const packed = deflateRawSync(content)
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(8, 4)
    fields.writeUInt32LE(crc32(content), 10)
    fields.writeUInt32LE(packed.length, 14)
    fields.writeUInt32LE(content.length, 18)
    fields.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('504b0304', 'hex'), fields, Buffer.from(name), packed])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(at, 10)
    central.push(
      Buffer.concat([
        Buffer.from('504b01021400', 'hex'),
        fields.subarray(0, 24),
        Buffer.alloc(2),
        rest,
        Buffer.from(name),
      ]),
    )
    locals.push(local)
    at += local.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(central.length, 4)
  end.writeUInt16LE(central.length, 6)
  end.writeUInt32LE(directory.length, 8)
  end.writeUInt32LE(at, 12)
  return Buffer.concat([...locals, directory, Buffer.from('504b0506', 'hex'), end])
}

const docx = (text: string): Buffer =>
  zip({
    '[Content_Types].xml': Buffer.from(
      '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
    ),
    '_rels/.rels': Buffer.from(
      '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
    ),
    'word/document.xml': Buffer.from(
      `<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>${text}</w:t></w:r></w:p></w:body></w:document>`,
    ),
  })

/** A workbook of two sheets; `rows` are those of the first. */
const xlsx = (rows: string): Buffer => {
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
  const packages = 'http://schemas.openxmlformats.org/package/2006'
  const type = 'application/vnd.openxmlformats-officedocument.spreadsheetml'
  const xml = (text: string): Buffer => Buffer.from(`<?xml version="1.0"?>${text}`)
  const sheet = (inner: string): Buffer =>
    xml(`<worksheet xmlns="${main}"><sheetData>${inner}</sheetData></worksheet>`)
  return zip({
    '[Content_Types].xml': xml(
      `<Types xmlns="${packages}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${type}.sheet.main+xml"/></Types>`,
    ),
    '_rels/.rels': xml(
      `<Relationships xmlns="${packages}/relationships"><Relationship Id="r1" Type="${office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    ),
    'xl/workbook.xml': xml(
      `<workbook xmlns="${main}" xmlns:r="${office}"><sheets><sheet name="Tides, high" sheetId="1" r:id="s1"/><sheet name="Two" sheetId="2" r:id="s2"/></sheets></workbook>`,
    ),
    'xl/_rels/workbook.xml.rels': xml(
      `<Relationships xmlns="${packages}/relationships"><Relationship Id="s1" Type="${office}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="s2" Type="${office}/worksheet" Target="worksheets/sheet2.xml"/></Relationships>`,
    ),
    'xl/worksheets/sheet1.xml': sheet(rows),
    'xl/worksheets/sheet2.xml': sheet('<row r="1"><c r="A1"><v>7</v></c></row>'),
  })
}
const cell = (at: string, text: string): string =>
  `<c r="${at}" t="inlineStr"><is><t>${text}</t></is></c>`

const pdf = (text: string): Buffer => {
  const stream = `BT /F1 12 Tf 20 100 Td (${text}) Tj ET`
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    '<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>',
    `<</Length ${stream.length}>>stream\n${stream}\nendstream`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
  ]
  const body = objects.map((object, index) => `${index + 1} 0 obj${object}endobj`).join('\n')
  return Buffer.from(`%PDF-1.4\n${body}\ntrailer<</Root 1 0 R/Size 6>>\n%%EOF`)
}

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

/** An OpenDocument spreadsheet; `sheets` are its tables. */
const ods = (sheets: string): Buffer => {
  const names = ['office', 'table', 'text']
    .map((name) => `xmlns:${name}="urn:oasis:names:tc:opendocument:xmlns:${name}:1.0"`)
    .join(' ')
  const xml = `<?xml version="1.0" encoding="UTF-8"?><office:document-content ${names}><office:body><office:spreadsheet>${sheets}</office:spreadsheet></office:body></office:document-content>`
  return zip({
    mimetype: Buffer.from('application/vnd.oasis.opendocument.spreadsheet'),
    'content.xml': Buffer.from(xml),
  })
}
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

test('a PDF that is encrypted, broken, or never ends is stored, and says why it cannot be read', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'inspect-'))
  const path = join(folder.path, 'file')
  const look = async (content: Buffer | string, deadlineMs?: number) => {
    await writeFile(path, content)
    return inspect(path, content.length, deadlineMs)
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
