import { versions } from 'node:process'

/** The oldest Node that the server is written for. */
const OLDEST = 24

// This is checked first, so that the error is a sentence instead of some missing feature later.
if (Number.parseInt(versions.node, 10) < OLDEST) {
  throw new Error(
    `Throughline's server needs Node ${OLDEST} or later; this is Node ${versions.node}`,
  )
}
