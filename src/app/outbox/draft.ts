import type { LetterData, LetterName } from '../../notify/letters/letter-data.ts'

/** A template and what it is given, about one block or request if it is about one. */
export type Draft = {
  readonly [Name in LetterName]: {
    readonly name: Name
    readonly data: LetterData[Name]
    readonly about?: number
    /** The block whose thread it stands in, where that is another number. */
    readonly block?: number
    readonly ticket?: string
  }
}[LetterName]
