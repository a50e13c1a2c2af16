import { unzipSync } from 'fflate'
import { SaxesParser } from 'saxes'
import { ThreadRefusal } from '../../concurrency/threads.ts'

/** A file may say that a cell or a row repeats a million times; at most so many are written. */
const MOST_REPEATED = 1_000

const CONTENT = 'content.xml'

type Cell = { value: string | undefined; text: string; times: number }

/**
 * The text of an OpenDocument spreadsheet: each sheet with its name, its rows as lists of cells.
 *
 * @param mostText UTF-16 units after which no more is read
 * @throws ThreadRefusal for a damaged one
 */
export function readOpenDocument(
  archive: Buffer,
  mostText: number,
): { sheet: string; data: string[][] }[] {
  const { [CONTENT]: content } = unzipSync(archive, { filter: ({ name }) => name === CONTENT })
  if (!content) throw new ThreadRefusal('The document is damaged.')
  const sheets: { sheet: string; data: string[][] }[] = []
  let row: string[] = []
  let rowTimes = 1
  let cell: Cell | null = null
  /** The depth within paragraphs of a cell, without those of its comments. */
  let paragraphs = 0
  let comments = 0
  let length = 0
  // Empty rows are written only before one that is not empty.
  let emptyRows = 0

  const parser = new SaxesParser()
  parser.on('opentag', ({ name, attributes }) => {
    switch (name) {
      case 'table:table':
        sheets.push({ sheet: attributes['table:name'] ?? '', data: [] })
        emptyRows = 0
        break
      case 'table:table-row':
        row = []
        rowTimes = timesOf(attributes['table:number-rows-repeated'])
        break
      case 'table:table-cell':
      case 'table:covered-table-cell':
        cell = {
          value: attributes['office:date-value'] ?? attributes['office:value'],
          text: '',
          times: timesOf(attributes['table:number-columns-repeated']),
        }
        break
      case 'office:annotation':
        comments += 1
        break
      case 'text:p':
        if (cell && comments === 0) {
          if (cell.text !== '') cell.text += '\n'
          paragraphs += 1
        }
        break
      case 'text:s':
        if (cell && paragraphs > 0) cell.text += ' '
        break
    }
  })
  parser.on('text', (text) => {
    if (cell && paragraphs > 0 && comments === 0) cell.text += text
  })
  parser.on('closetag', ({ name }) => {
    switch (name) {
      case 'text:p':
        if (comments === 0 && paragraphs > 0) paragraphs -= 1
        break
      case 'office:annotation':
        comments -= 1
        break
      case 'table:table-cell':
      case 'table:covered-table-cell':
        if (cell) {
          const text = cell.value ?? cell.text
          for (let times = 0; times < cell.times; times += 1) row.push(text)
          length += text.length * cell.times
          cell = null
        }
        break
      case 'table:table-row': {
        const data = sheets.at(-1)?.data
        if (row.every((text) => text === '')) {
          emptyRows += rowTimes
          break
        }
        for (; emptyRows > 0; emptyRows -= 1) data?.push([])
        for (let times = 0; times < rowTimes; times += 1) data?.push(row)
        length += (rowTimes - 1) * row.join().length
        break
      }
    }
  })
  parser.on('error', () => {
    throw new ThreadRefusal('The document is damaged.')
  })
  const decoder = new TextDecoder()
  for (let at = 0; at < content.length && length <= mostText; at += PIECE) {
    parser.write(decoder.decode(content.subarray(at, at + PIECE), { stream: true }))
  }
  if (length <= mostText) parser.close()
  return sheets
}

/** Bytes that are parsed before the length of the text is checked. */
const PIECE = 64 * 1024

function timesOf(given: string | undefined): number {
  const times = Number(given ?? 1)
  return Number.isInteger(times) && times > 0 ? Math.min(times, MOST_REPEATED) : 1
}
