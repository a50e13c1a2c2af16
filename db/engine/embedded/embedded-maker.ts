import { makeFolder, makeTemplate } from './embedded-template.ts'

// A process of its own, with the folder and the template's folder as arguments: creating a database takes hundreds of
// megabytes, which are freed when the process ends. It exits early when the server that waits for it is gone.
const [folder = '', templateDir = ''] = process.argv.slice(2)
// Only the owner of the process may read the conversations.
process.umask(0o077)
process.once('disconnect', () => process.exit(1))
await makeFolder(folder, await makeTemplate(templateDir || null))
process.exit(0)
