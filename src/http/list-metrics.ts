import { Gauge, type Registry } from 'prom-client'
import type { App } from '../app/context.ts'

export function watchLists({ lists: { bouncers } }: App, registry: Registry): void {
  if (bouncers === undefined) return
  new Gauge({
    name: 'cordon_bouncers_unserved',
    help: 'Prefixes of the list that bouncers which enforce single addresses alone cannot be told.',
    labelNames: ['device'],
    registers: [registry],
    collect() {
      this.set({ device: bouncers.device }, bouncers.unserved)
    },
  })
}
