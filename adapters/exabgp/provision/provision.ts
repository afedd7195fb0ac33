import { Value } from 'typebox/value'
import { AdapterError, type ProvisionedRouter, type ProvisionSite } from '../../adapter.ts'
import { checkConfig, type ExabgpConfig, exabgpConfig, PLATFORMS, type Platform } from '../config.ts'
import { birdText } from './bird.ts'
import { type Bounds, boundsOf } from './bounds.ts'
import { eosText } from './eos.ts'
import { frrText } from './frr.ts'
import { iosxeText } from './iosxe.ts'
import { iosxrText } from './iosxr.ts'
import { junosText } from './junos.ts'

const TEXTS: Readonly<Record<Platform, (bounds: Bounds) => string>> = {
  bird: birdText,
  frr: frrText,
  junos: junosText,
  iosxr: iosxrText,
  iosxe: iosxeText,
  eos: eosText,
}

/** What each router of a speaker should be told so that it bounds us. */
export function provision(config: ExabgpConfig, site: ProvisionSite): ProvisionedRouter[] {
  // Everything that is printed comes from here: nothing is taken on trust.
  if (!Value.Check(exabgpConfig, config))
    throw new AdapterError('unsupported', 'the configuration does not fit the schema', 'bad-config')
  checkConfig(config)
  return config.neighbours.map((neighbour) => {
    const bounds = boundsOf(config, neighbour, site)
    return {
      router: neighbour.name,
      ...(neighbour.platform === undefined ? {} : { platform: neighbour.platform }),
      texts: new Map(PLATFORMS.map((platform) => [platform, () => TEXTS[platform](bounds)])),
    }
  })
}
