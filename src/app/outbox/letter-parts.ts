import { type Block, targetText } from '../../domain/block.ts'
import { CATEGORY_WORDS } from '../../domain/category.ts'
import type { Request } from '../../domain/request.ts'
import { departmentsOfTarget } from '../../inventory/departments-at.ts'
import type { BlockAbout, BlockLine, RequestAbout, Speaker } from '../../notify/letters/letter-data.ts'
import { adviseOn } from '../advise.ts'
import type { App } from '../context.ts'
import { probationOf } from '../probation.ts'

/** Hosts that a mail names. */
const MOST_HOSTS = 20

export function blockLine({ id, target, reason, until }: Block): BlockLine {
  return { reference: `Cordon#${id}`, target: targetText(target), reason, until }
}

export function blockAbout(app: App, block: Block): BlockAbout {
  const { inventory, ledger, limits } = app
  const advice = adviseOn(app, block)
  const repeat = probationOf(ledger.head, limits, block)
  return {
    ...blockLine(block),
    number: block.id,
    hosts: namesOf(app, block),
    department: departmentsOfTarget(inventory, block.target, []).join(', ') || null,
    since: block.createdAt,
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

export function requestAbout({ ledger }: App, request: Request): RequestAbout {
  const block = ledger.head.blocks.get(request.block ?? 0)
  return {
    reference: `Cordon#${request.id}`,
    number: request.id,
    department: request.departments.join(', '),
    block: block === undefined ? null : { reference: `Cordon#${block.id}`, target: targetText(block.target) },
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
