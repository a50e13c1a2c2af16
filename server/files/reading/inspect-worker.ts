import { open, readFile } from 'node:fs/promises'
import { fileTypeFromFile } from 'file-type'
import { answerFromThread } from '../../concurrency/thread-work.ts'
import { ThreadRefusal } from '../../concurrency/threads.ts'
import type { Inspected, InspectionTask } from './inspect.ts'
import { COMPOUND_FILE, hasStream } from './compound-file.ts'
import { readableText } from './readable-text.ts'

/** The longest text that is stored, in UTF-16 units. */
const MAX_TEXT = 2_000_000
const MAX_TEXT_BYTES = 4 * MAX_TEXT
const BEGINNING = 64 * 1024
/** The largest picture that is measured. */
const MAX_PIXELS = 100_000_000
const PICTURES = /^image\/(png|apng|jpeg|gif|webp|avif|tiff|heic|heif)$/
const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
const ODS = 'application/vnd.oasis.opendocument.spreadsheet'
const XLS = 'application/vnd.ms-excel'
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

/** Types that file-type recognizes by the beginning of a text. */
const MARKUP = /^(application\/(xml|rtf|x-.*script|json)|text\/.*|image\/svg\+xml)$/
/** The most bytes to which a document may unpack. */
const MAX_UNPACKED = 128 * 1024 * 1024

const NOTHING = { width: null, height: null, pages: null, text: null, error: null }

answerFromThread(async (task: InspectionTask): Promise<Inspected> => {
  if (task.step === 'kind') return look(task)
  if (task.mimeType === 'application/pdf') return readPdf(task)
  return readDocument(task)
})

async function look({ path, bytes }: InspectionTask): Promise<Inspected> {
  const known = bytes === 0 ? undefined : await fileTypeFromFile(path).catch(() => undefined)
  const mimeType = known?.mime ?? null
  if (mimeType === null || MARKUP.test(mimeType)) return readPlain(path, bytes)
  const found = { ...NOTHING, mimeType }
  if (PICTURES.test(mimeType)) return measure(path, mimeType)
  if (mimeType === 'application/pdf') return { ...found, kind: 'pdf' }
  if (mimeType === DOCX || mimeType === XLSX || mimeType === ODS) {
    return { ...found, kind: 'document' }
  }
  if (mimeType === COMPOUND_FILE) return lookIntoCompound(await readFile(path))
  return { ...found, kind: mimeType.startsWith('audio/') ? 'audio' : 'other' }
}

function lookIntoCompound(file: Buffer): Inspected {
  const found = { ...NOTHING, kind: 'document' as const }
  if (hasStream(file, 'EncryptedPackage')) {
    const error = 'The document is encrypted: send it without its password.'
    return { ...found, mimeType: COMPOUND_FILE, error }
  }
  const isExcel = hasStream(file, 'Workbook') || hasStream(file, 'Book')
  return isExcel
    ? { ...found, mimeType: XLS }
    : { ...NOTHING, kind: 'other', mimeType: COMPOUND_FILE }
}

async function readPlain(path: string, bytes: number): Promise<Inspected> {
  const handle = await open(path)
  try {
    // The beginning shows most files that are not text; the rest of those is not read.
    const { buffer: beginning, bytesRead: begun } = await handle.read(Buffer.alloc(BEGINNING))
    const isWhole = begun < BEGINNING
    if (readableText(beginning.subarray(0, begun), isWhole) === null) {
      return { ...NOTHING, kind: 'other', mimeType: null }
    }
    const most = Math.min(bytes, MAX_TEXT_BYTES)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(most), 0, most, 0)
    const text = readableText(buffer.subarray(0, bytesRead), bytesRead < MAX_TEXT_BYTES)
    return text === null
      ? { ...NOTHING, kind: 'other', mimeType: null }
      : { ...NOTHING, kind: 'text', mimeType: null, text: text.slice(0, MAX_TEXT).toWellFormed() }
  } finally {
    await handle.close()
  }
}

async function measure(path: string, mimeType: string): Promise<Inspected> {
  const { default: sharp } = await import('sharp')
  const found = { ...NOTHING, kind: 'image' as const, mimeType }
  try {
    const { autoOrient } = await sharp(path, { limitInputPixels: false }).metadata()
    const { width, height } = autoOrient
    const error =
      width * height > MAX_PIXELS
        ? `The picture is too large to be looked at: ${width} × ${height} pixels.`
        : null
    return { ...found, width, height, error }
  } catch {
    return { ...found, error: 'The picture is damaged, or of a kind that cannot be read.' }
  }
}

async function readPdf({ path, mimeType }: InspectionTask): Promise<Inspected> {
  const { extractText, getDocumentProxy } = await import('unpdf')
  const found = { ...NOTHING, kind: 'pdf' as const, mimeType }
  let document
  try {
    document = await getDocumentProxy(new Uint8Array(await readFile(path)), {
      // Its warnings would go to the console.
      verbosity: 0,
    })
  } catch (error) {
    const locked = error instanceof Error && error.name === 'PasswordException'
    throw new ThreadRefusal(
      locked ? 'The PDF is encrypted: send it without its password.' : 'The PDF is damaged.',
    )
  }
  const { totalPages, text } = await extractText(document, { mergePages: false })
  const pages = text.map((page, index) => `[page ${index + 1}]\n${page.trim()}`)
  return { ...found, pages: totalPages, text: clean(pages.join('\n\n')) }
}

async function readDocument({ path, mimeType }: InspectionTask): Promise<Inspected> {
  const buffer = await readFile(path)
  // This is the only one of them that is not an archive.
  if (mimeType !== XLS) {
    const { refuseZipBomb } = await import('./zip-size.ts')
    refuseZipBomb(buffer, MAX_UNPACKED)
  }
  const text = await textIn(buffer, mimeType)
  return { ...NOTHING, kind: 'document', mimeType, text: clean(text) }
}

function textIn(buffer: Buffer, mimeType: string): Promise<string> {
  if (mimeType === XLSX) return spreadsheetText(buffer)
  if (mimeType === XLS) return oldExcelText(buffer)
  return mimeType === ODS ? openDocumentText(buffer) : documentText(buffer)
}

async function openDocumentText(buffer: Buffer): Promise<string> {
  const { readOpenDocument } = await import('./opendocument.ts')
  const { tellSheets } = await import('./spreadsheet.ts')
  return tellSheets(readOpenDocument(buffer, MAX_TEXT), MAX_TEXT)
}

async function oldExcelText(buffer: Buffer): Promise<string> {
  const { readOldExcel } = await import('./old-excel.ts')
  const { tellSheets } = await import('./spreadsheet.ts')
  return tellSheets(readOldExcel(buffer), MAX_TEXT)
}

async function documentText(buffer: Buffer): Promise<string> {
  const { default: mammoth } = await import('mammoth')
  return (await mammoth.extractRawText({ buffer })).value
}

async function spreadsheetText(buffer: Buffer): Promise<string> {
  const { readSpreadsheet } = await import('./spreadsheet.ts')
  return readSpreadsheet(buffer, MAX_TEXT)
}

/** Removes NULs and half surrogate pairs, which Postgres cannot store. */
function clean(text: string): string {
  return text.replaceAll('\0', '').slice(0, MAX_TEXT).toWellFormed()
}
