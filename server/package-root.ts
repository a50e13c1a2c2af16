import { findPackageJSON } from 'node:module'
import { dirname } from 'node:path'

/** The folder of this package, whether the code is the sources, bundled in dist/server, or compiled and published. */
export const packageRoot = dirname(findPackageJSON(import.meta.url) ?? '.')
