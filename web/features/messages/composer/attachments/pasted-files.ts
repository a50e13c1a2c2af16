import { t } from '../../../../language/t.ts'

/** A longer text, in UTF-16 units, is a file beside the message: a box of that length could not be read. */
const LONGEST_IN_BOX = 20_000

/** The files of a paste, or its long text as a file; empty when its text belongs into the box. */
export function pastedFiles(data: DataTransfer): File[] {
  if (data.files.length > 0) return [...data.files]
  const text = data.getData('text/plain')
  if (text.length <= LONGEST_IN_BOX) return []
  return [new File([text], `${t('Pasted text')}.txt`, { type: 'text/plain' })]
}
