import { makeFolder, makeTemplate } from './embedded-template.ts'

// A process of its own, with the folder and the template's place as arguments: making a database takes hundreds of
// megabytes, which end with it. It ends early when the server that waits for it is gone.
const [folder = '', templateDir = ''] = process.argv.slice(2)
// Nobody but the owner may read what people say.
process.umask(0o077)
process.once('disconnect', () => process.exit(1))
await makeFolder(folder, await makeTemplate(templateDir || null))
process.exit(0)
