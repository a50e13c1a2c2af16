import { read } from '@e965/xlsx'
import { ThreadRefusal } from '../../concurrency/threads.ts'

/** The most rows of a sheet in this format. */
const MOST_ROWS = 65_536

/** The sheets of a workbook of Excel 5 to 2003 (BIFF), as lists of cells. */
export function readOldExcel(workbook: Buffer): { sheet: string; data: unknown[][] }[] {
  let book
  try {
    book = read(workbook, {
      ...{ type: 'buffer', dense: true, cellDates: true, UTC: true, sheetRows: MOST_ROWS },
      ...{ cellFormula: false, cellHTML: false, cellText: false, bookVBA: false },
    })
  } catch (error) {
    const isLocked = error instanceof Error && /password|encrypt/i.test(error.message)
    throw new ThreadRefusal(
      isLocked
        ? 'The document is encrypted: send it without its password.'
        : 'The document is damaged.',
    )
  }
  return book.SheetNames.map((sheet) => {
    const rows: ({ v?: unknown } | undefined)[][] = book.Sheets[sheet]?.['!data'] ?? []
    // Both lists may have holes.
    const data = Array.from(rows, (row) => Array.from(row ?? [], (cell) => cell?.v))
    return { sheet, data }
  })
}
