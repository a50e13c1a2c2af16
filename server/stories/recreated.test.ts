import { memoryStorage } from '../testing/app.ts'
import { recreatedSuite } from './recreated.suite.ts'

recreatedSuite('embedded', memoryStorage)
