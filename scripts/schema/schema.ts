// Draws docs/schema.md from a migrated database: npm run schema
import { writeFile } from 'node:fs/promises'
import { drawSchema } from './draw.ts'

await writeFile(new URL('../../docs/schema.md', import.meta.url), await drawSchema())
