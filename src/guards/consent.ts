import type { BlockSpec } from '../domain/block.ts'
import type { Prefix } from '../domain/prefix.ts'
import type { Consent, Inventory } from '../inventory/inventory.ts'
import type { Refusal } from './limits.ts'

/** From the most to the least careful; where nothing is said, a person has to ask for it. */
const ORDER: readonly Consent[] = ['never', 'ask', 'auto']
const DEFAULT: Consent = 'ask'

/**
 * Refuses blackholes at an upstream without the consent of whoever's prefix it is: there, everything to the address
 * is lost far from here, and ending it depends on others. @param byPerson whether a person asks for it, or is asked first
 */
export function refuseConsent(
  spec: BlockSpec,
  byPerson: boolean,
  prefixes: readonly Prefix[],
  inventory: Inventory,
): Refusal[] {
  if (!spec.scope.startsWith('upstream:')) return []
  for (const prefix of prefixes) {
    const consent = consentTo(prefix, inventory)
    if (consent === 'never')
      return refuse(
        'consent-never',
        `${prefix} may never be blackholed upstream (site.consent); use scope local`,
      )
    if (consent === 'ask' && !byPerson)
      return refuse(
        'consent-ask',
        `${prefix} is blackholed upstream only by a person (site.consent); automatic blocks may use scope local`,
      )
  }
  return []
}

/** The narrowest entry around it decides, and any inside of it that is more careful. */
function consentTo(prefix: Prefix, { consent }: Inventory): Consent {
  const around = consent.covering(prefix).at(-1)?.[1] ?? DEFAULT
  const all = [around, ...consent.inside(prefix).map(([, one]) => one)]
  return ORDER.find((one) => all.includes(one)) ?? DEFAULT
}

function refuse(code: string, message: string): Refusal[] {
  return [{ guard: 'consent', code, message }]
}
