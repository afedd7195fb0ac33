/** What a figure must reach. */
export interface Goal {
  readonly sense: '≤' | '≥'
  readonly value: number
}

export interface FigureKind {
  readonly suite: string
  readonly name: string
  readonly unit: string
  /** Left out where a figure only explains another one. */
  readonly goal?: Goal
}

/** What was measured. */
export interface Figure {
  readonly name: string
  readonly n: number
  readonly value: number
  /** Of a distribution. */
  readonly spread?: { readonly p50: number; readonly p99: number; readonly max: number }
  /** The value of each repetition, for the noise. */
  readonly runs?: readonly number[]
  /** What a reader must know to judge the value. */
  readonly note?: string
  /** The run itself was wrong, such as a request that failed: a good value does not count then. */
  readonly broken?: string
}

const atMost = (value: number): Goal => ({ sense: '≤', value })
const atLeast = (value: number): Goal => ({ sense: '≥', value })

/** Every figure that is ever reported; the names are for others to compare with and stay as they are. */
export const KINDS: readonly FigureKind[] = [
  { suite: 'accept', name: 'accept.rate.bare', unit: 'requests/s' },
  { suite: 'accept', name: 'accept.rate.clients8', unit: 'blocks/s', goal: atLeast(4_000) },
  { suite: 'accept', name: 'accept.latency.clients1', unit: 'ms', goal: atMost(1.5) },
  { suite: 'accept', name: 'accept.rate.batch', unit: 'blocks/s', goal: atLeast(40_000) },
  { suite: 'command', name: 'command.latency.empty', unit: 'ms', goal: atMost(3) },
  { suite: 'command', name: 'command.latency.100k', unit: 'ms' },
  { suite: 'command', name: 'command.latency.ratio.100k', unit: 'times', goal: atMost(1.2) },
  { suite: 'trigger', name: 'trigger.command', unit: 'ms', goal: atMost(6) },
  { suite: 'trigger', name: 'trigger.rate', unit: 'triggers/s', goal: atLeast(4_000) },
  { suite: 'trigger', name: 'trigger.rate.single', unit: 'triggers/s' },
  { suite: 'told', name: 'told.mail', unit: 'ms' },
  { suite: 'scale', name: 'scale.memory.per-block', unit: 'B', goal: atMost(1_024) },
  { suite: 'scale', name: 'scale.stall.max', unit: 'ms', goal: atMost(50) },
  { suite: 'scale', name: 'scale.start.100k', unit: 's', goal: atMost(3) },
  { suite: 'scale', name: 'scale.start.100k.ready', unit: 's' },
  { suite: 'scale', name: 'scale.start.100k.tsx', unit: 's' },
  ...['look', 'erase', 'idle'].flatMap(erasing),
  { suite: 'replay', name: 'replay.rate.exabgp', unit: 'routes/s' },
  { suite: 'replay', name: 'replay.rate.cordon', unit: 'routes/s' },
  { suite: 'replay', name: 'replay.share.100k', unit: 'share', goal: atLeast(0.85) },
  { suite: 'replay', name: 'replay.outage', unit: 's' },
  { suite: 'replay', name: 'replay.urgent', unit: 'ms', goal: atMost(150) },
  ...['flow.add', 'flow.withdraw'].flatMap((what) => filling(what, '10k')),
  ...['rtbh.add', 'rtbh.withdraw'].flatMap((what) => filling(what, '100k')),
  ...['bird', 'gobgp-post-policy', 'gobgp-loc-rib'].flatMap(witnessing),
  ...[1, 100, 1_000].flatMap(configuring),
]

function erasing(run: string): FigureKind[] {
  return [
    { suite: 'retention', name: `retention.${run}`, unit: 's' },
    { suite: 'retention', name: `retention.stall.${run}`, unit: 'ms', goal: atMost(50) },
  ]
}

/** On netconfd, by as many entries as a transaction has. */
function configuring(entries: number): FigureKind[] {
  const named = (name: string, unit: string, goal?: Goal): FigureKind => ({
    ...{ suite: 'netconf', name: `netconf.${name}.${entries}`, unit },
    ...(goal === undefined ? {} : { goal }),
  })
  const clients = ['adapter', 'bare', 'node-netconf', 'ncclient']
  return [
    ...clients.flatMap((name) => [named(`add.${name}`, 'ms'), named(`remove.${name}`, 'ms')]),
    named('readback', 'ms'),
    named('over-bare', 'times', atMost(1.3)),
    named('faster', 'times', atLeast(1.5)),
  ]
}

function filling(what: string, size: string): FigureKind[] {
  return [
    { suite: 'bgp', name: `bgp.${what}.${size}`, unit: 's' },
    { suite: 'bgp', name: `bgp.byhand.${what}.${size}`, unit: 's' },
    { suite: 'bgp', name: `bgp.${what}.ratio.${size}`, unit: 'times' },
  ]
}

function witnessing(router: string): FigureKind[] {
  return [
    { suite: 'bgp', name: `bgp.witness.delay.${router}`, unit: 'ms' },
    { suite: 'bgp', name: `bgp.witness.total.${router}`, unit: 'ms' },
    { suite: 'bgp', name: `bgp.byhand.delay.${router}`, unit: 'ms' },
    { suite: 'bgp', name: `bgp.witness.ratio.${router}`, unit: 'times' },
  ]
}

export function kindOf(name: string): FigureKind {
  const kind = KINDS.find((one) => one.name === name)
  // Those of the labs are named where they are measured: way of blocking and address family.
  const lab = /^(lab|lab-backbone)[.]/.exec(name)?.[1]
  if (kind === undefined && lab !== undefined) return { suite: lab, name, unit: 'ms' }
  if (kind === undefined) throw new Error(`the figure ${name} is not in the list of figures`)
  return kind
}

export function isMet(goal: Goal, { value, broken }: Figure): boolean {
  if (broken !== undefined) return false
  return goal.sense === '≤' ? value <= goal.value : value >= goal.value
}
