import type { ModelDelta } from '../port.ts'
import type { DeltaOutlet } from './delta-queue.ts'

/** An outlet in front of another one that passes on only what is new. */
export abstract class AlteredOutlet implements DeltaOutlet {
  protected readonly outlet: DeltaOutlet
  /** True once the answer differs from what readers have seen: then nothing more is passed on. */
  diverged = false

  constructor(outlet: DeltaOutlet) {
    this.outlet = outlet
  }

  abstract push(delta: ModelDelta): void

  /** The provider is asked again. */
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
