import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { type Static, Type } from 'typebox'
import { isAlive } from './processes.ts'
import type { TopologyFile } from './topology-file.ts'

const closed = { additionalProperties: false }
const Identity = Type.Object({ pid: Type.Integer(), startTime: Type.String() }, closed)

/** What a lab writes down before it makes anything, so that whoever comes after a crash can undo it. */
const LabState = Type.Object(
  {
    version: Type.Literal(1),
    name: Type.String(),
    engine: Type.Union([Type.Literal('podman'), Type.Literal('netns')]),
    engineReason: Type.String(),
    phase: Type.Union([Type.Literal('raising'), Type.Literal('up')]),
    raisedBy: Identity,
    /** a tied lab is abandoned, and swept by the next `up` of any lab, once the process that raised it is gone */
    tied: Type.Boolean(),
    namespaces: Type.Array(Type.String()),
    containers: Type.Array(Type.String()),
    processes: Type.Array(
      Type.Object({ node: Type.String(), what: Type.String(), ...Identity.properties }, closed),
    ),
    topology: Type.Unsafe<TopologyFile>({ type: 'object' }),
  },
  closed,
)

export type LabState = Static<typeof LabState>

const FILE = 'lab.json'

/** Written beside and renamed: a crash leaves the old state or the new one. */
export function writeState(runtimeFolder: string, state: LabState): void {
  mkdirSync(runtimeFolder, { recursive: true, mode: 0o755 })
  const path = join(runtimeFolder, FILE)
  writeFileSync(`${path}.new`, `${JSON.stringify(state, null, 2)}\n`)
  renameSync(`${path}.new`, path)
}

/** undefined when there is no state, or none that can be read: then only names can tell what is left. */
export function readState(runtimeFolder: string): LabState | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(join(runtimeFolder, FILE), 'utf8'))
    return new Ajv().compile<LabState>(LabState)(value) ? (value as LabState) : undefined
  } catch {
    return undefined
  }
}

export function isAbandoned(state: LabState | undefined): boolean {
  return state?.tied === true && !isAlive(state.raisedBy)
}
