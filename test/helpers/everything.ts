import type { Capabilities } from '../../adapters/adapter.ts'
import { ACTIONS } from '../../src/domain/rule.ts'

/** All that a rule can be; components in the order of their type numbers (RFC 8955 §4.2.2, RFC 8956 §3). */
export const ALL: Pick<
  Capabilities,
  'kinds' | 'components' | 'exceptions' | 'keeps' | 'actions' | 'places' | 'families'
> = {
  kinds: ['flow', 'acl', 'd-rtbh', 's-rtbh'],
  components: [
    'protocol',
    'port',
    'destinationPort',
    'sourcePort',
    'icmpType',
    'icmpCode',
    'tcpFlags',
    'packetLength',
    'dscp',
    'fragment',
    'flowLabel',
  ],
  exceptions: true,
  keeps: true,
  actions: ACTIONS,
  places: ['scrubber'],
  families: [4, 6],
}
