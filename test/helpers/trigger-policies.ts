import assert from 'node:assert/strict'
import { compilePolicy, type Policy } from '../../src/policy/compile.ts'
import type { PolicyFile } from '../../src/policy/schema.ts'

/** A policy of a test, that enforces unless told. */
export function policyOf(more: Partial<PolicyFile>): Policy {
  const { policy, problems } = compilePolicy({
    ...{ policy: 'p', about: 'a test', priority: 100, mode: 'enforce', rules: [], examples: [] },
    ...more,
  })
  assert.deepEqual(problems, [])
  return policy
}

/** One that is tried out, one that blocks floods with a hold-down and asks where it is told to, one for scanners. */
export const TRIGGER_POLICIES: readonly Policy[] = [
  policyOf({
    policy: 'trial',
    priority: 10,
    mode: 'simulate',
    rules: [{ rule: 'all', verdict: 'refuse', why: 'tried out' }],
  }),
  policyOf({
    policy: 'dos',
    priority: 20,
    when: "trigger.category == 'dos.volumetric'",
    incident: "'dos/' + target.net",
    rules: [
      {
        rule: 'asks',
        when: "'ask' in trigger.labels",
        verdict: 'ask',
        why: 'somebody should look',
        block: { lasts: '1h' },
      },
      {
        rule: 'victim',
        verdict: 'block',
        why: 'a flood',
        block: { lasts: ['10m', '1h'], most: '2h', onClose: { after: '5m' } },
      },
    ],
  }),
  policyOf({
    policy: 'scan',
    priority: 30,
    when: "trigger.category == 'scan'",
    limits: { active: 3 },
    rules: [
      { rule: 'own', when: 'target.own', verdict: 'ignore', why: 'ours to clean up' },
      {
        rule: 'outside',
        verdict: 'block',
        why: 'a scanner',
        block: { lasts: '1h', spoofable: 'a scan is answered' },
      },
    ],
  }),
]
