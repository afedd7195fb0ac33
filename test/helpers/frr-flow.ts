import {
  type FlagTest,
  flagsText,
  isOfFlags,
  type NumberTest,
  numbersText,
  rateText,
  type SeenFlow,
} from './seen-flow.ts'

// Its JSON is one text per rule without anything between them, and says no more than this.
/** Reads `show bgp ipv4 flowspec detail`. */
export function flowsOf(family: 4 | 6, text: string): SeenFlow[] {
  const [, ...entries] = text.split(/^BGP flowspec entry:.*\n/m)
  return entries.map((entry) => flowOf(family, entry))
}

/** The component names of FRR. */
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

/** Of what it prints below the head of an entry: a line each component, then the actions in one line. */
function flowOf(family: 4 | 6, entry: string): SeenFlow {
  const match = new Map<string, string>()
  const actions: string[] = []
  for (const [, line = ''] of entry.matchAll(/^\t(.*)$/gm)) {
    const [, label = '', text = ''] = /^([A-Z][A-Za-z ]*?) ([^A-Za-z ].*|[0-9a-f:.]+\/.*)$/.exec(line) ?? []
    const name = NAMES.get(label)
    if (name !== undefined) match.set(name, componentText(name, text.trim()))
    else if (!/^received for |^(not )?installed in PBR/.test(line)) actions.push(...actionsOf(line))
  }
  return { family, match, actions }
}

/** The canonical text; what cannot be read with certainty stays as FRR writes it. */
function componentText(name: string, text: string): string {
  if (name === 'destination' || name === 'source') return text.replace(/\/off 0$/, '')
  if (isOfFlags(name)) {
    const tests = text.split(',').map(flagTest)
    return tests.every((test) => test !== undefined) ? flagsText(name, tests) : text
  }
  const tests = text.split(',').map(numberTest)
  if (!tests.every((test) => test !== undefined)) return text
  const read = numbersText(name, withRanges(tests))
  return read === 'nothing' ? text : read
}

/** Of `>= 80`. */
function numberTest(text: string): NumberTest | undefined {
  const [, sign, digits] = /^(<=|>=|<|>|=) (\d+)$/.exec(text.trim()) ?? []
  if (sign === undefined) return undefined
  const [less, equal, greater] = ['<', '=', '>'].map((part) => sign.includes(part))
  return {
    and: false,
    less: less === true,
    equal: equal === true,
    greater: greater === true,
    value: Number(digits),
  }
}

function withRanges(tests: readonly NumberTest[]): NumberTest[] {
  return tests.map((test, at) => ({ ...test, and: test.less && tests[at - 1]?.greater === true }))
}

/** Of `= 2`, `&∋ ! 16` or `|= 4`: the sign for `or`, and for `and`, stands before all but the first. */
function flagTest(text: string): FlagTest | undefined {
  const [, joint, sign, not, digits] = /^([&|]?)(=|∋) (! )?(\d+)$/.exec(text.trim()) ?? []
  if (sign === undefined) return undefined
  return { and: joint === '&', not: not !== undefined, all: sign === '=', value: Number(digits) }
}

/** Of `FS:rate 125000.000000` (bytes a second), `FS:redirect VRF RT:65010:100`, `FS:marking 8`; several in one line. */
function actionsOf(line: string): string[] {
  return line.split(/ (?=FS:|UNK:)/).map((text) => {
    const [, rate] = /^FS:rate (\d+\.\d+)$/.exec(text) ?? []
    if (rate !== undefined) return rateText(Number(rate))
    return text.replace(/^FS:redirect VRF RT:/, 'redirect ').replace(/^FS:marking /, 'mark ')
  })
}
