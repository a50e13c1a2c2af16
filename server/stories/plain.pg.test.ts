import { postgresStorage } from '../testing/postgres-storage.ts'
import { plainHttpStories } from './plain-http.suite.ts'
import { plainSocketStories } from './plain-socket.suite.ts'

plainHttpStories('Postgres', postgresStorage)
plainSocketStories('Postgres', postgresStorage)
