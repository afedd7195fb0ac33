import { type Attachment, entriesOf, type Filter, type FilterModel, type Term } from './filters.ts'

/**
 * What hardware with room for `most` entries holds of a model: what it held before stays, and of the rest it has the
 * first that fit, terms before members of lists. What is left of a filter keeps its end; of one of which nothing
 * fitted, nothing is enforced.
 */
export function shortened(model: FilterModel, most: number, before: FilterModel): FilterModel {
  const held = entryNames(before)
  let room = most - entriesOf(only(model, (entry) => held.has(entry)))
  return only(model, (entry) => {
    if (held.has(entry)) return true
    room -= 1
    return room >= 0
  })
}

function entryNames(model: FilterModel): ReadonlySet<string> {
  const names = new Set<string>()
  only(model, (entry) => {
    names.add(entry)
    return true
  })
  return names
}

/** Asks once for each entry that `entriesOf` counts. */
function only(model: FilterModel, fits: (entry: string) => boolean): FilterModel {
  const done = new Map<string, Filter>()
  const attachments = model.attachments.map((one): Attachment => {
    const filters = one.filters.map((filter) => {
      const place = `${one.family} ${filter.name}`
      const cut = done.get(place) ?? {
        ...filter,
        terms: filter.terms.filter((term) => fits(termName(place, term))),
      }
      done.set(place, cut)
      return cut
    })
    return { ...one, filters }
  })
  const lists = [...model.lists].map(
    ([name, prefixes]) => [name, prefixes.filter((prefix) => fits(`${name} ${prefix}`))] as const,
  )
  return {
    ...model,
    attachments: attachments.filter(
      (one, at) => termsIn(one) > 0 || termsIn(model.attachments[at] ?? one) === 0,
    ),
    lists: new Map(lists),
  }
}

/** Its counter is left out: a term that has only got another number is the same to the hardware. */
function termName(place: string, { match, verdict }: Term): string {
  return JSON.stringify([place, verdict, match])
}

function termsIn({ filters }: Attachment): number {
  return filters.reduce((sum, { terms }) => sum + terms.length, 0)
}
