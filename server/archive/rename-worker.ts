import { readFileSync } from 'node:fs'
import { answerFromThread } from '../concurrency/thread-work.ts'
import { withStoredFiles } from './referred-files.ts'
import type { RenameTask } from './unzip.ts'

answerFromThread(({ json, stored }: RenameTask) =>
  withStoredFiles(readFileSync(json, 'utf8'), stored),
)
