import readXlsxFile from 'read-excel-file/node'

/** The text of an Excel workbook: each sheet with its name, its rows as lines of CSV (RFC 4180). */
export async function readSpreadsheet(workbook: Buffer, mostText: number): Promise<string> {
  return tellSheets(await readXlsxFile(workbook), mostText)
}

/** The same for sheets that were read before. */
export function tellSheets(
  sheets: readonly { sheet: string; data: readonly (readonly unknown[])[] }[],
  mostText: number,
): string {
  const pieces: string[] = []
  let length = 0
  for (const { sheet, data } of sheets) {
    pieces.push(`[sheet ${JSON.stringify(sheet)}, ${data.length} rows]`)
    for (const row of data) {
      const line = row.map(cellText).join(',').replace(/,+$/, '')
      pieces.push(line)
      length += line.length + 1
      if (length > mostText) return pieces.join('\n')
    }
    pieces.push('')
  }
  return pieces.join('\n').trim()
}

/** A cell is a text, a number, a truth value, a date, or empty. */
function cellText(value: unknown): string {
  const text = value instanceof Date ? dateText(value) : plainText(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function plainText(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

/** A date, with the time if it has one. */
function dateText(date: Date): string {
  if (Number.isNaN(date.getTime())) return ''
  const text = date.toISOString()
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : text.slice(0, 19)
}
