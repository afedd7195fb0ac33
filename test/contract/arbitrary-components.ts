import fc from 'fast-check'
import type { Components } from '../../src/domain/match.ts'
import type { Family } from '../../src/domain/prefix.ts'

type Name = keyof Components
type Input = Readonly<Record<string, string>>

const TCP_FLAG_NAMES = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr'] as const

/** Fragment tests that some packet passes; `dont-fragment` is IPv4's alone. */
const FRAGMENTS: Readonly<Record<Family, readonly string[]>> = {
  4: [
    'is-fragment',
    '!is-fragment',
    'first-fragment',
    'last-fragment',
    'dont-fragment',
    'is-fragment&!last-fragment',
  ],
  6: ['is-fragment', '!is-fragment', 'first-fragment', 'last-fragment', 'is-fragment,first-fragment'],
}

/** Components as a person would type them, of the given names only; empty often enough. */
export function arbitraryComponents(family: Family, names: readonly Name[]): fc.Arbitrary<Input> {
  const has = (name: Name): boolean => names.includes(name)
  const transports: fc.Arbitrary<Input>[] = [fc.constant({})]
  if (has('protocol')) {
    transports.push(record({ protocol: terms(0, 255) }, 1))
    const ports = portFields(has)
    if (Object.keys(ports).length > 0) {
      const protocol = fc.constantFrom('tcp', 'udp', 'tcp,udp')
      transports.push(
        fc
          .tuple(
            protocol.map((value) => ({ protocol: value })),
            record(ports, 1),
          )
          .map(merge),
      )
    }
    if (has('tcpFlags')) {
      const flags = record({ tcpFlags: arbitraryTcpFlags() }, 1)
      transports.push(fc.tuple(flags, record(ports)).map(merge))
    }
    const icmp = icmpFields(has)
    if (Object.keys(icmp).length > 0) transports.push(record(icmp, 1))
  }
  return fc.tuple(fc.oneof(...transports), record(headerFields(family, has))).map(merge)
}

function portFields(has: (name: Name) => boolean): Record<string, fc.Arbitrary<string>> {
  const fields: Record<string, fc.Arbitrary<string>> = {}
  for (const name of ['port', 'destinationPort', 'sourcePort'] as const) {
    if (has(name)) fields[name] = terms(0, 65_535)
  }
  return fields
}

function icmpFields(has: (name: Name) => boolean): Record<string, fc.Arbitrary<string>> {
  const fields: Record<string, fc.Arbitrary<string>> = {}
  for (const name of ['icmpType', 'icmpCode'] as const) if (has(name)) fields[name] = terms(0, 255)
  return fields
}

function headerFields(family: Family, has: (name: Name) => boolean): Record<string, fc.Arbitrary<string>> {
  const fields: Record<string, fc.Arbitrary<string>> = {}
  if (has('packetLength')) fields['packetLength'] = terms(40, 65_535)
  if (has('dscp')) fields['dscp'] = terms(0, 63)
  if (has('fragment')) fields['fragment'] = fc.constantFrom(...FRAGMENTS[family])
  if (has('flowLabel') && family === 6) fields['flowLabel'] = terms(0, 1_048_575)
  return fields
}

/** Some of the fields, at least `least` of them. */
function record(fields: Record<string, fc.Arbitrary<string>>, least = 0): fc.Arbitrary<Input> {
  const names = Object.keys(fields)
  if (names.length === 0) return fc.constant({})
  return fc
    .subarray(names, { minLength: Math.min(least, names.length), maxLength: Math.min(2, names.length) })
    .chain((chosen) =>
      fc.record(Object.fromEntries(chosen.map((name) => [name, fields[name] ?? fc.constant('')]))),
    )
}

function merge([a, b]: [Input, Input]): Input {
  return { ...a, ...b }
}

/** A list of numbers, ranges and comparisons between `min` and `max`. */
export function terms(min: number, max: number): fc.Arbitrary<string> {
  const value = fc.oneof(
    fc.constantFrom(...[min, min + 1, max - 1, max]),
    fc.integer({ min, max: Math.min(max, min + 100) }),
    fc.integer({ min, max }),
  )
  const range = fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`)
  const compared = value.chain((bound) => fc.constantFrom(`>=${bound}`, `<=${bound}`))
  const term = fc.oneof(
    { weight: 3, arbitrary: value.map(String) },
    { weight: 2, arbitrary: range },
    compared,
  )
  return fc.array(term, { minLength: 1, maxLength: 4 }).map((list) => list.join(','))
}

/** Flags to be set or not set, in one or two alternatives. */
export function arbitraryTcpFlags(): fc.Arbitrary<string> {
  const alternative = fc
    .subarray([...TCP_FLAG_NAMES], { minLength: 1, maxLength: 3 })
    .chain((flags) => fc.tuple(...flags.map((flag) => fc.boolean().map((not) => (not ? `!${flag}` : flag)))))
    .map((words) => words.join('&'))
  return fc.array(alternative, { minLength: 1, maxLength: 2 }).map((list) => list.join(','))
}
