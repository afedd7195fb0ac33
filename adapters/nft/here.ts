import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import type { Ending, Interactive, Place } from './place.ts'
import { complaintOn } from './process.ts'

type Child = ChildProcessByStdio<Writable, Readable, Readable>

/** This host; in the named network namespace where one is given. Without a shell. */
export function here(namespace: string | undefined): Place {
  const spawned = (args: readonly string[]): Interactive => {
    const [command, ...rest] = namespace === undefined ? ['nft'] : ['ip', 'netns', 'exec', namespace, 'nft']
    const child = spawn(command ?? 'nft', [...rest, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // An interactive nft writes what it was told, addresses and all, to ~/.nft.history: there is no such home.
      env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, HOME: '/dev/null', LC_ALL: 'C' },
    })
    child.stdin.on('error', () => {})
    const { stdin, stdout, stderr } = child
    return {
      ...{ stdin, stdout, stderr, ended: ending(child) },
      isSubscribed: () => isSubscribed(child.pid),
      kill: () => void child.kill('SIGKILL'),
    }
  }
  return {
    start(args) {
      const child = spawned(args)
      child.stdin.end()
      return child
    },
    interactive: () => spawned(['-i']),
    close: () => Promise.resolve(),
  }
}

function ending(child: Child): Promise<Ending> {
  const complaint = complaintOn(child.stderr)
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: undefined, words: error.message, lost: undefined }))
    child.on('close', (code) => resolve({ code: code ?? undefined, words: complaint(), lost: undefined }))
  })
}

async function isSubscribed(pid: number | undefined): Promise<boolean> {
  if (pid === undefined) return true
  const sockets = await readFile(`/proc/${pid}/net/netlink`, 'utf8').catch(() => '')
  return sockets.split('\n').some((line) => {
    const [, protocol, owner, groups = '0'] = line.trim().split(/\s+/)
    return protocol === '12' && owner === String(pid) && Number.parseInt(groups, 16) !== 0
  })
}
