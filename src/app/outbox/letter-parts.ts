import type { Block } from '../../domain/block.ts'
import { CATEGORY_WORDS } from '../../domain/category.ts'
import type { Request } from '../../domain/request.ts'
import { targetText } from '../../domain/target.ts'
import { departmentsOfTarget } from '../../inventory/departments-at.ts'
import type { BlockAbout, BlockLine, RequestAbout, Speaker } from '../../notify/letters/letter-data.ts'
import { adviseOn } from '../advise.ts'
import type { App } from '../context.ts'
import { probationOf } from '../probation.ts'
import { othersOn } from '../requests/show.ts'
import type { Caller } from '../rights.ts'
import { isTheirs } from '../sight.ts'

/** Hosts that a mail names. */
const MOST_HOSTS = 20

/** What whoever reads a mail may see; without a bound, everything. */
export type Sight = Pick<Caller, 'departments'>

/** That it hits them they have to know; whom else it hits, and why, is not theirs (law 10). */
const WIDER = 'a network that is wider than your department'
const NOT_TOLD = 'known to the security team; ask it'

export function blockLine(app: App, sight: Sight, block: Block): BlockLine {
  const { id, target, reason, until } = block
  const seen = isTheirs(app, sight, block)
    ? { target: targetText(target), reason }
    : { target: WIDER, reason: NOT_TOLD }
  return { reference: `Cordon#${id}`, ...seen, until }
}

/** Under which it stands elsewhere, where that may be told. */
export function ticketFor(app: App, sight: Sight, block: Block | undefined): { readonly ticket?: string } {
  if (block?.ticket === undefined || !isTheirs(app, sight, block)) return {}
  return { ticket: block.ticket }
}

/** Other blocks that hold the same target: those that may be seen, and how many more there are. */
export function stillOn(app: App, sight: Sight, block: Block | undefined) {
  const all = block === undefined ? [] : othersOn(app, block).map((one) => one.block)
  const still = all.filter((one) => isTheirs(app, sight, one)).map((one) => blockLine(app, sight, one))
  return { still, hidden: all.length - still.length }
}

export function blockAbout(app: App, sight: Sight, block: Block): BlockAbout {
  const line = blockLine(app, sight, block)
  const plain = { ...line, number: block.id, since: block.createdAt }
  if (!isTheirs(app, sight, block))
    return { ...plain, hosts: [], department: null, category: null, advice: null, probation: null }
  const { inventory, ledger, limits } = app
  const advice = adviseOn(app, block)
  const repeat = probationOf(ledger.head, limits, block)
  return {
    ...plain,
    hosts: namesOf(app, block),
    department: departmentsOfTarget(inventory, block.target, []).join(', ') || null,
    category: block.category === undefined ? null : CATEGORY_WORDS[block.category],
    advice: advice === undefined ? null : { title: advice.title, text: advice.text },
    probation: repeat === undefined ? null : { released: repeat.at, reference: `Cordon#${repeat.block}` },
  }
}

function namesOf({ inventory }: App, { target }: Block): string[] {
  if (target.kind !== 'host') return []
  return inventory.hosts
    .within(target.prefix, MOST_HOSTS)
    .hosts.map(({ name, address }) => `${name} (${address})`)
}

/** @param block that it is about */
export function requestAbout(
  app: App,
  sight: Sight,
  request: Request,
  block: Block | undefined,
): RequestAbout {
  return {
    reference: `Cordon#${request.id}`,
    number: request.id,
    department: request.departments.join(', '),
    block: block === undefined ? null : blockLine(app, sight, block),
  }
}

/** Who said something: by mail it is an address, else the person of the token. */
export function speakerOf(
  { ledger }: App,
  { by, mail }: { readonly by: string; readonly mail?: string },
): Speaker {
  if (mail !== undefined) return { name: mail, mail }
  const token = ledger.head.tokens.get(by)
  const person = token?.person === undefined ? undefined : ledger.head.people.get(token.person)
  return { name: person?.name ?? token?.name ?? by, mail: null }
}
