import { execFileSync } from 'node:child_process'
import type { Clock } from '../../src/domain/clock.ts'
import { SILENT } from '../../src/domain/log.ts'
import type { AdapterEnv } from '../adapter.ts'

/** What a session of a test gets from the engine; the memo stays between sessions. */
export function testEnv(clock: Clock): AdapterEnv {
  let memo: string | undefined
  return {
    device: 'edge1',
    clock,
    log: SILENT,
    runtimeFolder: '/nonexistent',
    secret: () => Promise.reject(new Error('interfaces need no secret')),
    remember: async (text) => {
      memo = text
    },
    recall: () => memo,
  }
}

/** Pairs of veths, all up, both ends in the namespace: `NAME0`, `NAME1` and so on. @returns their names */
export function makePorts(namespace: string, name: string, pairs: number): string[] {
  const names = Array.from({ length: 2 * pairs }, (_, index) => `${name}${index}`)
  const lines = Array.from({ length: pairs }, (_, index) => [
    `link add ${names[2 * index]} type veth peer name ${names[2 * index + 1]}`,
    `link set dev ${names[2 * index]} up`,
    `link set dev ${names[2 * index + 1]} up`,
  ])
  execFileSync('ip', ['-n', namespace, '-batch', '-'], { input: lines.flat().join('\n') })
  return names
}
