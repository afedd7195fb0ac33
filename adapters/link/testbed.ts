import { execFileSync } from 'node:child_process'

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
