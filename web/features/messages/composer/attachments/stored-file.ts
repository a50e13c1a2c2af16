import { client } from '../../../../client.ts'
import type { File as StoredFile } from '../../../../../shared/contract/file.ts'

export function storedFile(id: string): Promise<StoredFile> {
  return client.api.files.get.query({ id })
}
