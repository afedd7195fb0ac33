import assert from 'node:assert/strict'
import { eventually } from '../../simulator/eventually.ts'
import type { BlockJson, Client } from '../helpers/controller.ts'
import type { LabSite } from '../helpers/lab-site.ts'

/** What both routers hold, in the words of their own tools. */
interface Held {
  readonly nft: readonly string[]
  readonly bird: readonly string[]
  readonly kernel: readonly string[]
}

/**
 * What the routers must hold for these blocks by policies/placement.yaml, written down again on purpose: the
 * controller's own placement would agree with itself.
 */
function wantedFor(blocks: readonly BlockJson[]): Held {
  const nft = new Set<string>()
  const bird = new Set<string>()
  for (const { target, match, direction } of blocks) {
    const [address = '', length = ''] = target.split('/')
    const set = `acl${address.includes(':') ? 6 : 4}_drop`
    if (match !== undefined) {
      nft.add(`${set}_d${length}_p_dp ${address} . ${match['protocol']} . ${match['destinationPort']}`)
      continue
    }
    if (direction !== 'from') nft.add(`${set}_d${length} ${address}`)
    if (direction !== 'from') bird.add(address)
    if (direction !== 'to') nft.add(`${set}_s${length} ${address}`)
  }
  const blackholes = [...bird].sort()
  return { nft: [...nft].sort(), bird: blackholes, kernel: blackholes }
}

async function heldBy(site: LabSite): Promise<Held> {
  const [nft, { bird, kernel }] = await Promise.all([site.elements(), site.blackholes()])
  return { nft, bird, kernel }
}

/** Waits until both routers hold exactly what the ledger's active blocks ask; says how they differ at the deadline. */
export async function routersEqualLedger(site: LabSite, client: Client, deadlineMs: number): Promise<void> {
  let last: { held: Held; wanted: Held } | undefined
  const equal = async (): Promise<boolean> => {
    const wanted = wantedFor(await client.list('active=true'))
    last = { held: await heldBy(site), wanted }
    return JSON.stringify(last.held) === JSON.stringify(last.wanted)
  }
  await eventually('the routers to equal the ledger', deadlineMs, equal, 20).catch((error: unknown) => {
    assert.deepEqual(last?.held, last?.wanted)
    throw error
  })
}
