import { listedRule } from '../../adapters/configured/prefixes.ts'
import { parsePrefix } from '../../src/domain/prefix.ts'
import type { FilterRule } from '../../src/domain/rule.ts'
import { netconfByHand } from '../helpers/netconf-by-hand.ts'
import { type Netconfd, noNetconfd, startNetconfd } from '../helpers/netconfd.ts'
import type { Figure } from './figures.ts'
import { adapterHand, bareHand, type NetconfHand, ncclientHand, nodeNetconfHand } from './netconf-clients.ts'
import { median, spreadOf } from './statistics.ts'
import type { Bench } from './suite.ts'

/** Entries a transaction, and how often each. */
const SIZES: readonly { readonly entries: number; readonly times: number }[] = [
  { entries: 1, times: 60 },
  { entries: 100, times: 40 },
  { entries: 1_000, times: 12 },
]
const ACL = 'urn:ietf:params:xml:ns:yang:ietf-access-control-list'
const WARM_UP = 3

type Samples = Map<string, number[]>

/** The netconf adapter, a bare session, node-netconf and ncclient on one real netconfd, in turns. */
export async function netconf({ say, count }: Bench): Promise<readonly Figure[]> {
  const missing = noNetconfd()
  if (missing !== false) throw new Error(missing)
  const server = await startNetconfd(['ietf-access-control-list'])
  try {
    await provision(server)
    const ours = await adapterHand(server)
    const hands = [ours, await bareHand(server), await nodeNetconfHand(server), await ncclientHand(server)]
    try {
      const figures: Figure[] = []
      for (const { entries, times } of SIZES) {
        say(`${entries} entries a transaction, ${count(times)} times by each of ${hands.length}`)
        const samples: Samples = new Map()
        for (let round = -WARM_UP; round < count(times); round += 1) {
          const into = round < 0 ? new Map<string, number[]>() : samples
          for (const hand of turned(hands, round))
            await once(hand, rulesFor(entries, round), ours.readBack, into)
        }
        figures.push(...figuresOf(entries, samples))
      }
      return figures
    } finally {
      for (const hand of hands) await hand.close()
    }
  } finally {
    await server.dispose()
  }
}

async function provision(server: Netconfd): Promise<void> {
  const session = await netconfByHand(server)
  const rest = '<ace><name>CORDON-REST</name><actions><forwarding>accept</forwarding></actions></ace>'
  const lists = [4, 6].map(
    (family) =>
      `<acl><name>CORDON-${family}</name><type>ipv${family}-acl-type</type><aces>${rest}</aces></acl>`,
  )
  await session.edit(`<acls xmlns="${ACL}">${lists.join('')}</acls>`)
  await session.commit()
  await session.dispose()
}

/** Puts the entries, and takes them away again, so that all begin with the same. */
async function once(
  hand: NetconfHand,
  rules: readonly FilterRule[],
  readBack: (rules: readonly FilterRule[]) => Promise<void>,
  samples: Samples,
): Promise<void> {
  await timed(`add.${hand.name}`, samples, () => hand.change(rules, []))
  if (hand.name === 'adapter') await timed('readback', samples, () => readBack(rules))
  await timed(`remove.${hand.name}`, samples, () => hand.change([], rules))
}

async function timed(name: string, samples: Samples, run: () => Promise<void>): Promise<void> {
  const begun = performance.now()
  await run()
  samples.set(name, [...(samples.get(name) ?? []), performance.now() - begun])
}

/** Another one begins each time. */
function turned<T>(hands: readonly T[], round: number): readonly T[] {
  const first = ((round % hands.length) + hands.length) % hands.length
  return [...hands.slice(first), ...hands.slice(0, first)]
}

function rulesFor(entries: number, round: number): FilterRule[] {
  const base = (round & 1) * 20_000
  return Array.from({ length: entries }, (_, index) => {
    const at = base + index
    return listedRule('from', parsePrefix(`198.18.${(at >> 8) & 255}.${at & 255}`))
  })
}

function figuresOf(entries: number, samples: Samples): Figure[] {
  const all = [...samples].map(
    ([name, values]): Figure => ({
      ...{ name: `netconf.${name}.${entries}`, n: values.length, value: median(values) },
      spread: spreadOf(values),
    }),
  )
  const ratio = (name: string, above: string, below: string): Figure => {
    const [one, other] = [above, below].map((what) => samples.get(`add.${what}`) ?? [])
    return {
      name: `netconf.${name}.${entries}`,
      n: one?.length ?? 0,
      value: median(one ?? []) / median(other ?? []),
    }
  }
  return [...all, ratio('over-bare', 'adapter', 'bare'), ratio('faster', 'node-netconf', 'adapter')]
}
