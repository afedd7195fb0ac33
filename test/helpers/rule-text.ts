/**
 * Reads the canonical key of a rule by means of its own, so that what it finds can be held against our code: nothing
 * here may import from `src`.
 */
export interface RuleText {
  readonly family: 4 | 6
  readonly destination?: Block
  readonly source?: Block
  /** What the end without a prefix must not be in; only where one end alone has a prefix. */
  readonly except?: readonly Block[]
  /** Whether control traffic is left out. */
  readonly keep?: boolean
  readonly numbers: ReadonlyMap<string, readonly Span[]>
  /** Alternatives, each a list of `name` and whether the flag must be set. */
  readonly flags: ReadonlyMap<string, readonly (readonly FlagWord[])[]>
}

/** The first and last address of a prefix. */
export interface Block {
  readonly first: bigint
  readonly last: bigint
}

/** Inclusive. */
export interface Span {
  readonly low: number
  readonly high: number
}

export interface FlagWord {
  readonly name: string
  readonly set: boolean
}

const NUMERIC = [
  'protocol',
  'port',
  'destination-port',
  'source-port',
  'icmp-type',
  'icmp-code',
  'packet-length',
  'dscp',
  'flow-label',
]

export function readRuleKey(key: string): RuleText {
  const [kind = '', ...words] = key.split(' ')
  const nothing = { numbers: new Map(), flags: new Map() }
  if (kind === 'd-rtbh' || kind === 's-rtbh') {
    const prefix = words.at(-1) ?? ''
    const family = prefix.includes(':') ? 6 : 4
    const block = readBlock(prefix)
    return kind === 'd-rtbh'
      ? { family, destination: block, ...nothing }
      : { family, source: block, ...nothing }
  }
  const family = kind.endsWith('6') ? 6 : 4
  const fields = new Map(words.map((word) => splitAt(word)))
  const numbers = new Map<string, Span[]>()
  const flags = new Map<string, FlagWord[][]>()
  const ends: { destination?: Block; source?: Block; except?: Block[]; keep?: boolean } = {}
  for (const [name, value] of fields) {
    if (name === 'destination' || name === 'source') ends[name] = readBlock(value)
    else if (name === 'except') ends.except = value.split(',').map(readBlock)
    else if (name === 'keep' && value === 'control') ends.keep = true
    else if (NUMERIC.includes(name)) numbers.set(name, value.split(',').map(readSpan))
    else if (name === 'tcp-flags' || name === 'fragment') flags.set(name, value.split(',').map(readFlags))
    else throw new Error(`the matcher does not know '${name}' in '${key}'`)
  }
  if (
    (ends.except !== undefined || ends.keep === true) &&
    (ends.destination === undefined) === (ends.source === undefined)
  )
    throw new Error(`'${key}' does not say which end it is of`)
  return { family, ...ends, numbers, flags }
}

function splitAt(word: string): [string, string] {
  const equals = word.indexOf('=')
  return [word.slice(0, equals), word.slice(equals + 1)]
}

function readSpan(text: string): Span {
  const [low, high = low] = text.split('-').map(Number)
  if (low === undefined || high === undefined || !(low <= high)) throw new Error(`'${text}' is no span`)
  return { low, high }
}

function readFlags(text: string): FlagWord[] {
  return text.split('&').map((word) => ({ name: word.replace(/^!/, ''), set: !word.startsWith('!') }))
}

function readBlock(prefix: string): Block {
  const [address = '', length = ''] = prefix.split('/')
  const width = address.includes(':') ? 128 : 32
  const size = 1n << BigInt(width - Number(length))
  const first = width === 32 ? readIPv4(address) : readIPv6(address)
  if (first % size !== 0n) throw new Error(`'${prefix}' has host bits`)
  return { first, last: first + size - 1n }
}

function readIPv4(address: string): bigint {
  return address.split('.').reduce((sum, octet) => sum * 256n + BigInt(octet), 0n)
}

function readIPv6(address: string): bigint {
  const [left = '', right] = address.split('::')
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'))
  const head = groups(left)
  const tail = right === undefined ? [] : groups(right)
  const zeros = right === undefined ? 0 : 8 - head.length - tail.length
  const all = [...head, ...Array.from({ length: zeros }, () => '0'), ...tail]
  if (all.length !== 8) throw new Error(`'${address}' is no IPv6 address`)
  return all.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n)
}
