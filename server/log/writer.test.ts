import { memoryDatabase } from '../../db/engine/testing.ts'
import { writerSuite } from './writer.suite.ts'

writerSuite('PGlite', memoryDatabase)
