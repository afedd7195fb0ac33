import fc from 'fast-check'
import { type Block, type BlockSpec, COLLATERALS, type Direction } from '../../src/domain/block.ts'
import { readBlockSpec } from '../../src/domain/block-request.ts'
import { type Family, prefixFamily } from '../../src/domain/prefix.ts'
import { DROP } from '../../src/domain/rule.ts'
import { arbitraryPrefix } from '../contract/arbitraries.ts'
import { arbitraryComponents } from '../contract/arbitrary-components.ts'
import { ALL } from './everything.ts'
import { CONNECTIONS, DEPARTMENTS } from './inventory.ts'

const action = fc.oneof(
  { weight: 3, arbitrary: fc.constant('drop' as const) },
  fc.integer({ min: 1, max: 1_000_000 }).map((rateLimit) => ({ rateLimit })),
  fc.constantFrom('scrubber', 'elsewhere').map((redirect) => ({ redirect })),
  fc.integer({ min: 0, max: 63 }).map((mark) => ({ mark })),
)
const collateral = fc.subarray([...COLLATERALS])
const scope = fc.constantFrom('local', 'region:north', 'upstream:transit')
const directions = fc.constantFrom<Direction>('to', 'from', 'both')

/** Anything that can be asked for, of the departments and connections of `arbitrarySite`, valid as it is. */
export function arbitrarySpec(): fc.Arbitrary<BlockSpec> {
  const host = fc
    .tuple(fc.constantFrom<Family>(4, 6).chain(arbitraryPrefix), directions)
    .chain(([target, direction]) =>
      fc.record({
        target: fc.constant(target),
        direction: fc.constant(direction),
        match: arbitraryNarrowing(prefixFamily(target), direction),
        action,
        collateral,
        scope,
      }),
    )
  const names = [
    ...DEPARTMENTS.map((name) => `department:${name}`),
    ...CONNECTIONS.map((name) => `connection:${name}`),
  ]
  const named = fc.record({
    target: fc.constantFrom(...names),
    direction: directions,
    action,
    collateral,
    scope,
  })
  return fc
    .oneof({ weight: 2, arbitrary: host }, named)
    .map((request) => readBlockSpec(request as Parameters<typeof readBlockSpec>[0], () => true))
}

function arbitraryNarrowing(family: Family, direction: Direction): fc.Arbitrary<Record<string, string>> {
  const components = arbitraryComponents(family, ALL.components).map((input) =>
    direction === 'both' ? withoutSides(input) : { ...input },
  )
  if (direction === 'both') return components
  const end = direction === 'to' ? 'source' : 'destination'
  const other = fc.oneof(
    fc.constant({}),
    arbitraryPrefix(family).map((prefix) => ({ [end]: prefix })),
  )
  return fc.tuple(components, other).map(([one, two]) => ({ ...one, ...two }))
}

/** A port of one side means nothing in both directions. */
function withoutSides(input: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(input).filter(([name]) => !['destinationPort', 'sourcePort'].includes(name)),
  )
}

/** Who asked for what is placed: a person. */
export const BY_HAND = { origin: { kind: 'person', token: 't1' }, policy: 'manual' } as const

/** A block of this target as it stands in the ledger's head. */
export function blockOf(
  id: number,
  target: string,
  more: Partial<Block> & { match?: undefined } = {},
): Block {
  return {
    ...readBlockSpec({ target, direction: 'both' }, () => true),
    action: DROP,
    id,
    ...BY_HAND,
    reason: 'test',
    createdAt: 0,
    until: null,
    wanted: 'on',
    version: 1,
    seenOn: [],
    ...more,
  }
}
