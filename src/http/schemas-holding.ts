import { Type } from 'typebox'

const EVIDENCE = Type.Enum(['none', 'acknowledged', 'read-back', 'witnessed'])
const FAILURE = Type.Object({ class: Type.String(), words: Type.String() })

/** What is known of one rule on one device. */
export const HOLDING = Type.Object({
  device: Type.String(),
  rule: Type.String(),
  state: Type.Enum(['yes', 'no', 'maybe']),
  evidence: EVIDENCE,
  best: EVIDENCE,
  inForce: Type.Boolean(),
  error: Type.Optional(FAILURE),
  enforcers: Type.Array(
    Type.Object({ name: Type.String(), seen: Type.Boolean(), why: Type.Optional(Type.String()) }),
  ),
})

/** What stays without enforcement, or is hit beside. */
export const GAP = Type.Object({
  device: Type.Optional(Type.String()),
  ingress: Type.Optional(Type.String()),
  direction: Type.Optional(Type.Enum(['to', 'from'])),
  code: Type.String(),
  why: Type.String(),
})
