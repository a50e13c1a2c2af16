import { useState } from 'react'
import { t } from '../../language/t.ts'
import { uploadFile } from './upload-file.ts'
import type { Stored } from './upload-file.ts'

/** Files on their way to the server; more may be chosen meanwhile. */
export function useUploads(onStored: (stored: Stored) => void) {
  const [count, setCount] = useState(0)
  const [error, setError] = useState<string | null>(null)

  async function add(files: readonly File[]): Promise<void> {
    setCount((before) => before + files.length)
    setError(null)
    for (const file of files) {
      try {
        onStored(await uploadFile(file))
      } catch (problem) {
        setError(problem instanceof Error ? problem.message : t('The server cannot be reached.'))
      } finally {
        setCount((before) => before - 1)
      }
    }
  }

  return { count, error, add: (files: readonly File[]) => void add(files) }
}
