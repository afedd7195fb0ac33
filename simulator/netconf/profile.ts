import { type Static, Type } from 'typebox'

/** What a server can do; it announces exactly that. */
export const Profile = Type.Object(
  {
    /** it speaks base:1.0 always */
    base11: Type.Boolean(),
    candidate: Type.Union([Type.Literal('shared'), Type.Literal('private'), Type.Literal('none')]),
    writableRunning: Type.Boolean(),
    /** `1.1` has persist and cancel-commit (RFC 6241 §8.4) */
    confirmedCommit: Type.Union([Type.Literal('none'), Type.Literal('1.0'), Type.Literal('1.1')]),
    validate: Type.Boolean(),
    /** running is not kept over a start: only what was copied to startup is */
    startup: Type.Boolean(),
  },
  { additionalProperties: false },
)
export type Profile = Static<typeof Profile>

export const FULL: Profile = {
  base11: true,
  candidate: 'shared',
  writableRunning: false,
  confirmedCommit: '1.1',
  validate: true,
  startup: false,
}

const CAPABILITY = 'urn:ietf:params:netconf:capability'
const BASE_10 = 'urn:ietf:params:netconf:base:1.0'
export const BASE_11 = 'urn:ietf:params:netconf:base:1.1'

export function capabilitiesOf(profile: Profile): string[] {
  const { base11, candidate, writableRunning, confirmedCommit, validate, startup } = profile
  const named = (holds: boolean, ...names: readonly string[]): string[] =>
    holds ? names.map((name) => `${CAPABILITY}:${name}`) : []
  return [
    BASE_10,
    ...(base11 ? [BASE_11] : []),
    ...named(candidate !== 'none', 'candidate:1.0'),
    ...named(writableRunning, 'writable-running:1.0'),
    ...named(confirmedCommit !== 'none', 'confirmed-commit:1.0'),
    ...named(confirmedCommit === '1.1', 'confirmed-commit:1.1'),
    ...named(validate, 'validate:1.0', 'validate:1.1'),
    ...named(startup, 'startup:1.0'),
    ...named(true, 'rollback-on-error:1.0'),
  ]
}
