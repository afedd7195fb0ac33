import { parseMac } from '../domain/identity.ts'
import { InputError, within } from '../domain/input-error.ts'
import { type Binding, type BindingReader, bindingOf, parseAddress } from './binding.ts'
import { BindingColumns } from './binding-columns.ts'
import { compareAddresses } from './binding-order.ts'
import { type CsvRecord, csvRecords } from './csv.ts'

const REQUIRED = ['address', 'hwaddr', 'valid_lifetime', 'expire'] as const
const OPTIONAL = ['state', 'lease_type', 'duid'] as const
type Column = (typeof REQUIRED)[number] | (typeof OPTIONAL)[number]

const DECLINED = '1'
const DELEGATED_PREFIX = '2'
const FOREVER = 0xffff_ffff

/**
 * Reads a lease file of Kea's memfile backend, for IPv4 or IPv6 (`address,hwaddr,...,valid_lifetime,expire,...`). Each
 * renewal stands there as a line of its own: those of one device at one address that follow each other are one binding.
 * Passed over are declined leases, delegated prefixes, devices without a MAC address, and lines with the lifetime 0, by
 * which Kea deletes a lease: they do not say when that was, so that the lease counts to its end.
 */
export function readKeaLeases(...[text, source, take, problems]: Parameters<BindingReader>): number {
  const leases = new BindingColumns()
  let passedOver = 0
  const columns = { required: REQUIRED, optional: OPTIONAL, others: 'ignore' } as const
  for (const record of csvRecords<Column>(text, columns, problems)) {
    const before = problems.count
    const lease = problems.take(record.line, () => leaseOf(record, source))
    if (lease !== undefined) leases.add(lease)
    else if (problems.count === before) passedOver += 1
  }
  for (const lease of withoutRenewals(leases)) take(lease)
  return passedOver
}

function leaseOf({ get }: CsvRecord<Column>, source: string): Binding | undefined {
  const lifetime = within('valid_lifetime', () => wholeNumber(get('valid_lifetime')))
  const expire = within('expire', () => wholeNumber(get('expire')))
  if (get('state') === DECLINED || get('lease_type') === DELEGATED_PREFIX || lifetime === 0) return undefined
  const address = within('address', () => parseAddress(get('address') ?? ''))
  const hardware = get('hwaddr')
  const mac =
    hardware === undefined ? macOfDuid(get('duid') ?? '') : within('hwaddr', () => parseMac(hardware))
  if (mac === undefined) return undefined
  const from = (expire - lifetime) * 1_000
  return bindingOf({ address, mac, from, until: lifetime === FOREVER ? null : expire * 1_000, source })
}

function wholeNumber(text: string | undefined): number {
  if (text !== undefined && /^\d{1,12}$/.test(text)) return Number(text)
  throw new InputError('kea-number', `'${text ?? ''}' is no whole number of seconds`)
}

/** DUIDs of the types 1 (with time) and 3 end with the address of an Ethernet interface (RFC 8415 §11). */
function macOfDuid(duid: string): string | undefined {
  const shape = /^(?:00:01:00:01(?::[0-9a-f]{2}){4}|00:03:00:01):((?:[0-9a-f]{2}:){5}[0-9a-f]{2})$/i
  const mac = shape.exec(duid)?.[1]
  return mac === undefined ? undefined : parseMac(mac)
}

/** Leases of one device at one address that overlap or touch, as one. */
function* withoutRenewals(leases: BindingColumns): Generator<Binding> {
  const { mac, from, until } = leases.numbers
  const rows = Array.from({ length: leases.size }, (_, row) => row).sort(
    (a, b) =>
      compareAddresses(leases, a, b) || (mac[a] ?? 0) - (mac[b] ?? 0) || (from[a] ?? 0) - (from[b] ?? 0),
  )
  for (let at = 0; at < rows.length; ) {
    const first = rows[at] ?? 0
    let end = until[first] ?? 0
    for (at += 1; at < rows.length; at += 1) {
      const next = rows[at] ?? 0
      const same = compareAddresses(leases, first, next) === 0 && mac[first] === mac[next]
      if (!same || (from[next] ?? 0) > end) break
      end = Math.max(end, until[next] ?? 0)
    }
    yield { ...leases.binding(first), until: end === Number.POSITIVE_INFINITY ? null : end }
  }
}
