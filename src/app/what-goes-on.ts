import type { Engine } from '../engine/engine.ts'

/** What stays as it is when the controller stops, device by device. */
export function whatGoesOn(engine: Pick<Engine, 'devices'>): string[] {
  return [...engine.devices.values()].map(({ device, table }) => {
    const rules = `${table.present} ${table.present === 1 ? 'rule' : 'rules'}`
    switch (device.kind) {
      case 'memory':
        return `${device.name}: was only in memory; nothing is enforced`
      case 'list':
        return `${device.name}: cannot be pulled until the next start; who pulled its ${rules} keeps them`
      case 'exabgp':
        return `${device.name}: ExaBGP goes on announcing ${rules}; the next start takes it over`
      default:
        return `${device.name}: goes on enforcing ${rules}`
    }
  })
}
