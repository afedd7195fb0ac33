import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { markedEnvironment } from './processes.ts'

export interface Forwarder {
  /** on 127.0.0.1 of the root namespace */
  readonly port: number
  stop(): Promise<void>
}

/** Lets the root namespace's loopback reach a Unix socket of the lab; nothing is routed. */
export async function startForwarder(
  runtimeFolder: string,
  port: number,
  socketPath: string,
): Promise<Forwarder> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'forward.mjs'), String(port), socketPath],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: markedEnvironment(runtimeFolder),
    },
  )
  let complaint = ''
  child.stderr.on('data', (bytes: Buffer) => {
    complaint += bytes.toString()
  })
  const taken = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => reject(new Error(`the forwarder ended: ${complaint.trim()}`)))
    createInterface({ input: child.stdout }).once('line', (line) => resolve(portOf(line)))
  })
  return { port: taken, stop: () => endOf(child) }
}

function portOf(line: string): number {
  const value: unknown = JSON.parse(line)
  if (typeof value === 'object' && value !== null && 'port' in value) return Number(value.port)
  throw new Error(`the forwarder said "${line}"`)
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  await new Promise<void>((resolve) => {
    child.once('close', () => resolve())
    child.stdin?.end()
  })
}
