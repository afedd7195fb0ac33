import { createHash } from 'node:crypto'
import type { BitTests, Components } from '../../src/domain/match.ts'
import { componentsText, NO_COMPONENTS } from '../../src/domain/match.ts'
import type { Family } from '../../src/domain/prefix.ts'
import { KEY_NAMES, type KeyName, type Shape } from './shape.ts'

const KEY_WORDS: Readonly<Record<KeyName, string>> = {
  protocol: 'p',
  destinationPort: 'dp',
  sourcePort: 'sp',
  icmpType: 'it',
  icmpCode: 'ic',
}

/** The kernel takes 255; the rest is for what a later version may add. */
const LONGEST = 200

/**
 * A set's name: `acl4_drop_d32_p_dp`. Flag tests stand in it in full, because different tests can come down to the
 * same expression; the other conditions and the exceptions are read from the set's rule, and their digests here must fit.
 */
export function shapeName(shape: Shape): string {
  const words = [
    `${shape.kind}${shape.family}`,
    shape.does === 'drop' ? 'drop' : 'rate',
    ...(shape.destination === undefined ? [] : [`d${shape.destination}`]),
    ...(shape.source === undefined ? [] : [`s${shape.source}`]),
    ...shape.keys.map((name) => KEY_WORDS[name]),
    ...testsWord('t', shape.conditions.tcpFlags),
    ...testsWord('f', shape.conditions.fragment),
    ...(shape.conditions === NO_COMPONENTS ? [] : [`c${digest(componentsText(shape.conditions))}`]),
    ...(shape.exceptions === undefined ? [] : [`x${digest(shape.exceptions.join(','))}`]),
    ...(shape.keeps === true ? ['k'] : []),
  ]
  return words.join('_')
}

export function isTooLong(name: string): boolean {
  return name.length > LONGEST
}

function testsWord(letter: string, tests: BitTests | undefined): string[] {
  if (tests === undefined) return []
  return [letter + tests.map((test) => `${test.mask.toString(16)}.${test.value.toString(16)}`).join('-')]
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** What a name says by itself; `conditions` holds only the flag tests. */
export interface NamedShape extends Shape {
  /** Whether numeric conditions may be missing: only the set's rule has them. */
  readonly conditioned: boolean
  /** Whether there are exceptions, which only the set's rule has. */
  readonly excepting: boolean
}

const NAME =
  /^(acl|flow)([46])_(drop|rate)(?:_d(\d{1,3}))?(?:_s(\d{1,3}))?((?:_(?:p|dp|sp|it|ic))*)(?:_t([0-9a-f.-]+))?(?:_f([0-9a-f.-]+))?(_c[0-9a-f]{16})?(_x[0-9a-f]{16})?(_k)?$/

/** Reads a set's name; undefined when it is none of ours. */
export function parseShapeName(name: string): NamedShape | undefined {
  const found = NAME.exec(name)
  if (found === null) return undefined
  const [, kind, family, does, destination, source, keyWords = '', flags, fragment, ...rest] = found
  const [condition, exceptions, keeps] = rest
  const words = new Set(keyWords.split('_'))
  const conditions = {
    ...(flags === undefined ? {} : { tcpFlags: readTests(flags) }),
    ...(fragment === undefined ? {} : { fragment: readTests(fragment) }),
  }
  return {
    kind: kind as Shape['kind'],
    family: Number(family) as Family,
    does: does === 'drop' ? 'drop' : 'rate-limit',
    ...(destination === undefined ? {} : { destination: Number(destination) }),
    ...(source === undefined ? {} : { source: Number(source) }),
    keys: KEY_NAMES.filter((key) => words.has(KEY_WORDS[key])),
    conditions: condition === undefined ? NO_COMPONENTS : (conditions as Components),
    ...(keeps === undefined ? {} : { keeps: true as const }),
    conditioned: condition !== undefined,
    excepting: exceptions !== undefined,
  }
}

function readTests(text: string): BitTests {
  return text.split('-').map((pair) => {
    const [mask = '', value = ''] = pair.split('.')
    return { mask: Number.parseInt(mask, 16), value: Number.parseInt(value, 16) }
  })
}
