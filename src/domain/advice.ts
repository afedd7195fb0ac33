import type { Block } from './block.ts'
import type { Category } from './category.ts'

/** What people who look after hosts are told to do about a block: plain text, lines of at most 76 characters. */
export interface Advice {
  /** The name that rules of policies say. */
  readonly name: string
  readonly title: string
  /** What it is for where no rule has said another; each category has one text at the most. */
  readonly categories: readonly Category[]
  readonly text: string
}

/** The advice of a site, to be found by block. */
export interface AdviceBook {
  /** That of the block's rule, else of its category, else of `other`; none where the site has no such text. */
  of(block: Pick<Block, 'advice' | 'category'>): Advice | undefined
}

export function adviceBook(texts: readonly Advice[]): AdviceBook {
  const byName = new Map(texts.map((one) => [one.name, one]))
  const byCategory = new Map(texts.flatMap((one) => one.categories.map((category) => [category, one])))
  return {
    of: ({ advice, category }) =>
      (advice === undefined ? undefined : byName.get(advice)) ??
      (category === undefined ? undefined : byCategory.get(category)) ??
      byCategory.get('other'),
  }
}
