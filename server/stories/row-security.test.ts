import { memoryStorage } from '../testing/app.ts'
import { rowSecuritySuite } from './row-security.suite.ts'

rowSecuritySuite('embedded', memoryStorage)
