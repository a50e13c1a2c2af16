import type { ModelDelta } from '../port.ts'
import type { DeltaOutlet } from './delta-queue.ts'

/** An outlet before another one that lets through only what is new. */
export abstract class AlteredOutlet implements DeltaOutlet {
  protected readonly outlet: DeltaOutlet
  /** True once what came is not what was shown: then nothing more goes through. */
  diverged = false

  constructor(outlet: DeltaOutlet) {
    this.outlet = outlet
  }

  abstract push(delta: ModelDelta): void

  /** The provider is asked once more. */
  again(): void {}

  get full(): boolean {
    return this.outlet.full
  }

  get wanted(): boolean {
    return this.outlet.wanted
  }

  get onWanted(): (() => void) | null {
    return this.outlet.onWanted
  }

  set onWanted(wanted: (() => void) | null) {
    this.outlet.onWanted = wanted
  }
}
