import type { Family } from '../../src/domain/prefix.ts'
import { greatestOf, matchOf, type NamedText } from '../witnessing/components.ts'
import { type FlowAction, markAction, rateAction, redirectAction } from '../witnessing/flow-action.ts'
import { flowSlot } from '../witnessing/flow-sights.ts'
import { type FlagTest, flagsText, type NumberTest, numbersText } from '../witnessing/operators.ts'

/** FRR's names of the components, and ours. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['Destination Address', 'destination'],
  ['Source Address', 'source'],
  ['IP Protocol', 'protocol'],
  ['Port', 'port'],
  ['Destination Port', 'destination-port'],
  ['Source Port', 'source-port'],
  ['ICMP Type', 'icmp-type'],
  ['ICMP Code', 'icmp-code'],
  ['TCP Flags', 'tcp-flags'],
  ['Packet Length', 'packet-length'],
  ['DSCP field', 'dscp'],
  ['Packet Fragment', 'fragment'],
  ['Packet Flow Label', 'flow-label'],
])

/**
 * The flow rules in `show bgp ipv4 flowspec detail` of FRR 8.4, by the key of the rule that each would be, with
 * their actions. Its JSON says less. It writes `and` and `or` of numbers alike: a lower bound that is followed by an
 * upper one is read as a range, which is how rules of ours are sent.
 */
export function readFlows(family: Family, text: string): Map<string, FlowAction> {
  const flows = new Map<string, FlowAction>()
  const [, ...entries] = text.split(/^BGP flowspec entry:.*$/m)
  for (const entry of entries) {
    const components: (NamedText | undefined)[] = []
    const actions: string[] = []
    for (const [, line = ''] of entry.matchAll(/^\t(.*)$/gm)) {
      const [, label = '', value = ''] =
        /^([A-Z][A-Za-z ]*?) ([^A-Za-z ].*|[0-9a-f:.]+\/.*)$/.exec(line) ?? []
      const name = NAMES.get(label)
      if (name !== undefined) components.push(componentOf(name, value.trim()))
      else if (/^(FS|UNK):/.test(line)) actions.push(...line.trim().split(/ (?=FS:|UNK:)/))
    }
    const match = matchOf(family, components)
    if (match !== undefined) flows.set(flowSlot(match), actionOf(actions))
  }
  return flows
}

function componentOf(name: string, value: string): NamedText | undefined {
  if (name === 'destination' || name === 'source') return [name, value.replace(/\/off 0$/, '')]
  const max = greatestOf(name)
  const text = max === undefined ? flags(name, value.split(',')) : numbers(value.split(','), max)
  return text === undefined ? undefined : [name, text]
}

function numbers(texts: readonly string[], max: number): string | undefined {
  const tests: NumberTest[] = []
  for (const text of texts) {
    const [, sign = '', digits] = /^(<=|>=|<|>|=) (\d+)$/.exec(text.trim()) ?? []
    if (digits === undefined) return undefined
    const less = sign.includes('<')
    const test = { less, equal: sign.includes('='), greater: sign.includes('>'), value: Number(digits) }
    tests.push({ ...test, and: less && tests.at(-1)?.greater === true })
  }
  return numbersText(tests, max)
}

/** Such as `= 2`, `&∋ ! 16` or `|= 4`: the sign for `or`, and for `and`, stands before all but the first. */
function flags(name: string, texts: readonly string[]): string | undefined {
  const tests: FlagTest[] = []
  for (const text of texts) {
    const [, joint, sign, not, digits] = /^([&|]?)(=|∋) (! )?(\d+)$/.exec(text.trim()) ?? []
    if (digits === undefined) return undefined
    tests.push({ and: joint === '&', not: not !== undefined, all: sign === '=', value: Number(digits) })
  }
  return flagsText(name, tests)
}

/** Of `FS:rate 125000.000000` (bytes a second), `FS:redirect VRF RT:65010:100` or `FS:marking 8`. */
function actionOf(actions: readonly string[]): FlowAction {
  const [first, ...others] = actions
  if (first === undefined) return 'accept'
  const [, rate, target, dscp] =
    /^FS:(?:rate (\d+\.\d+)|redirect VRF RT:(\d+:\d+)|marking (\d+))$/.exec(first) ?? []
  if (others.length > 0) return 'other'
  if (rate !== undefined) return rateAction(Number(rate))
  if (target !== undefined) return redirectAction(target)
  return dscp === undefined ? 'other' : markAction(Number(dscp))
}
