import type { Inventory } from '../inventory/inventory.ts'
import type { OneWay } from './filter-matches.ts'
import type { Gap } from './placement.ts'

/**
 * Ways into the network where nothing stops the block's traffic: one is covered for a direction when one of its devices
 * got a rule for it. @param covered devices that did, by direction
 */
export function uncoveredIngress(
  { ingress }: Pick<Inventory, 'ingress'>,
  ways: readonly OneWay[],
  covered: Readonly<Record<OneWay, readonly string[]>>,
): Gap[] {
  return ingress.flatMap(({ name, coveredBy }) =>
    ways
      .filter((way) => !coveredBy.some((device) => covered[way].includes(device)))
      .map((way): Gap => {
        const why = `no device at ${name} stops traffic ${way} the target`
        return { ingress: name, direction: way, code: 'uncovered-ingress', why }
      }),
  )
}
