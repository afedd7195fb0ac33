import { readMatch } from '../../src/domain/match.ts'
import { parsePrefix } from '../../src/domain/prefix.ts'
import {
  type BlackholeRule,
  blackholeRule,
  DROP,
  type FilterRule,
  filterRule,
} from '../../src/domain/rule.ts'
import { hostAddress } from './requests.ts'

/** Of the first own hosts. */
export function blackholes(count: number): BlackholeRule[] {
  return Array.from({ length: count }, (_, index) => blackhole(index))
}

export function blackhole(index: number): BlackholeRule {
  return blackholeRule('d-rtbh', parsePrefix(hostAddress(index, 'own')), 'local')
}

/** Each stops one service of its own host. */
export function flows(count: number): FilterRule[] {
  return Array.from({ length: count }, (_, index) =>
    filterRule(
      'flow',
      readMatch(4, { destination: hostAddress(index, 'own'), protocol: 'udp', destinationPort: '53' }),
      DROP,
    ),
  )
}
