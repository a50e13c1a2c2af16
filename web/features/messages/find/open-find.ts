import { Listeners } from '../../../../shared/client/store.ts'

const requests = new Listeners()

/** Opens the search of the conversation that is shown, from elsewhere. */
export function openFind(): void {
  requests.notify()
}

export const onOpenFind = requests.add
