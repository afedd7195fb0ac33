import type { Lab } from '../../simulator/lab-handle.ts'
import { whyNoLab } from '../../simulator/requirements.ts'
import type { DeviceSite } from '../../simulator/site.ts'
import { loginTo, RoutersSite } from './routers-site.ts'

/** Why there can be no such lab with a controller on this machine, or false: what `skip` of a test takes. */
export function noDriversSite(): string | false {
  return whyNoLab(['ietf-router', 'frr-router', 'sshd']) ?? false
}

/** Raises a router of the IETF's models and an FRR, with a controller that logs in to both. */
export async function raiseDrivers(placements: readonly unknown[]): Promise<RoutersSite> {
  return await RoutersSite.raise({ topology: 'drivers', purpose: 'drivers', placements, devices: devicesOf })
}

async function devicesOf(lab: Lab): Promise<DeviceSite[]> {
  const [ietf, frr] = await Promise.all([loginTo(lab, 'ietf'), loginTo(lab, 'frr')])
  return [
    {
      ...{ name: 'ietf', kind: 'netconf' },
      config: { driver: 'ietf-acl', ...ietf, filterOn: ['to-attacker'] },
    },
    { name: 'frr', kind: 'ssh-cli', config: { driver: 'frr', ...frr } },
  ]
}
