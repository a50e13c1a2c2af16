import { versions } from 'node:process'

/** The oldest Node that the server is written for. */
const OLDEST = 24

// Said before anything else of the server runs, in a sentence, where otherwise something would be missing somewhere.
if (Number.parseInt(versions.node, 10) < OLDEST) {
  throw new Error(
    `Throughline's server needs Node ${OLDEST} or later; this is Node ${versions.node}`,
  )
}
