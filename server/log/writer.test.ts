import { memoryDatabase } from '../../db/testing.ts'
import { writerSuite } from './writer.suite.ts'

writerSuite('PGlite', memoryDatabase)
