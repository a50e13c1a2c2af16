import { serverBundle } from './server.ts'
import { webApp } from './web-app.ts'

// `npm run build`: builds what has changed.
for (const [name, build] of [
  ['web app', webApp],
  ['server', serverBundle],
] as const) {
  if ((await build.build()) === 'fresh') console.error(`The ${name} is up to date.`)
}
