/** An entry, as far as it was asked for, and may be seen. */
export interface Entry {
  readonly dn: string
  /** By name in lower case. */
  readonly attributes: ReadonlyMap<string, readonly (string | Buffer)[]>
}

/** What stays with an entry whatever it is called: an `entryUUID` (RFC 4530), or Active Directory's `objectGUID`. */
export interface EntryId {
  readonly attribute: 'entryUUID' | 'objectGUID'
  readonly value: string | Buffer
}

export type IdAttribute = EntryId['attribute']

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const GUID = /^[0-9a-f]{32}$/

/** The id as text: an entryUUID as it is written, an objectGUID as its bytes in hexadecimal. */
export function idTextOf(entry: Entry, attribute: IdAttribute): string | undefined {
  const [value] = entry.attributes.get(attribute.toLowerCase()) ?? []
  if (value === undefined) return undefined
  const text = attribute === 'objectGUID' ? Buffer.from(value).toString('hex') : String(value).toLowerCase()
  return isIdText(text) ? text : undefined
}

export function isIdText(text: string): boolean {
  return UUID.test(text) || GUID.test(text)
}

export function idOf(text: string): EntryId {
  return GUID.test(text)
    ? { attribute: 'objectGUID', value: Buffer.from(text, 'hex') }
    : { attribute: 'entryUUID', value: text }
}

export function textsOf(entry: Entry, attribute: string): readonly string[] {
  return (entry.attributes.get(attribute.toLowerCase()) ?? []).map(String)
}
