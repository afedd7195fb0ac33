/** An entry, as far as it was asked for, and may be seen. */
export interface Entry {
  readonly dn: string
  /** By name in lower case: names of attributes are the same in any case (RFC 4512 §2.5). */
  readonly attributes: ReadonlyMap<string, readonly (string | Buffer)[]>
}

/** What stays with an entry whatever it is called: an attribute, such as `entryUUID` (RFC 4530), and its value. */
export interface EntryId {
  readonly attribute: string
  readonly value: string | Buffer
}

/** The id of Active Directory, which is octets. */
export const OBJECT_GUID = 'objectGUID'

/** The id as text: `entryUUID=5cae…`, of `objectGUID` the octets in hexadecimal; undefined where it is not shown. */
export function idTextOf(entry: Entry, attribute: string): string | undefined {
  const [value] = entry.attributes.get(attribute.toLowerCase()) ?? []
  if (value === undefined || value.length === 0) return undefined
  return `${attribute}=${isOctets(attribute) ? Buffer.from(value).toString('hex') : String(value)}`
}

/** @throws RangeError when the text has no value */
export function idOf(text: string): EntryId {
  const at = text.indexOf('=')
  if (at < 1 || at === text.length - 1) throw new RangeError('no id of an entry')
  const [attribute, value] = [text.slice(0, at), text.slice(at + 1)]
  return { attribute, value: isOctets(attribute) ? Buffer.from(value, 'hex') : value }
}

function isOctets(attribute: string): boolean {
  return attribute.toLowerCase() === OBJECT_GUID.toLowerCase()
}

export function textsOf(entry: Entry, attribute: string): readonly string[] {
  return (entry.attributes.get(attribute.toLowerCase()) ?? []).map(String)
}
