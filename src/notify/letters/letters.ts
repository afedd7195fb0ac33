import type { Liquid, Template } from 'liquidjs'
import type { LetterData, LetterName, LetterSources } from './letter-data.ts'
import { wrapped } from './plain-text.ts'
import { letterLanguage, withoutTagLines } from './template.ts'

/** What is to be sent, without the reference, which the subject begins with. */
export interface RenderedLetter {
  readonly subject: string
  readonly text: string
}

/** The mails of a site, ready to be written. */
export interface Letters {
  /** @throws LetterUnusable, or what Liquid says of a template that cannot be rendered */
  write<Name extends LetterName>(name: Name, data: LetterData[Name]): RenderedLetter
}

/** A template that makes no mail. */
export class LetterUnusable extends Error {}

/** @throws what Liquid says of a template that cannot be parsed */
export function lettersOf(sources: LetterSources): Letters {
  const liquid = letterLanguage()
  const parsed = new Map(
    Object.entries(sources).map(([name, source]) => [name, liquid.parse(withoutTagLines(source))] as const),
  )
  return {
    write: (name, data) => {
      const template = parsed.get(name)
      if (template === undefined) throw new LetterUnusable(`there is no template ${name}`)
      return render(liquid, template, data)
    },
  }
}

/** @throws LetterUnusable */
export function render(liquid: Liquid, template: Template[], data: object): RenderedLetter {
  const text = String(liquid.renderSync(template, data))
  const [, subject, body] = /^Subject: ([^\n]*)\n\n(.*)$/s.exec(text) ?? []
  if (subject === undefined || body === undefined)
    throw new LetterUnusable('its first line is Subject: and what the subject is, its second one is empty')
  if (subject.trim() === '' || body.trim() === '') throw new LetterUnusable('it has no subject or no text')
  return { subject: shortened(subject.trim()), text: wrapped(body) }
}

/** With the reference ahead, a header line of it stays below what RFC 5322 §2.1.1 allows. */
const LONGEST_SUBJECT = 160

function shortened(subject: string): string {
  const characters = [...subject]
  if (characters.length <= LONGEST_SUBJECT) return subject
  return `${characters.slice(0, LONGEST_SUBJECT - 1).join('')}…`
}
