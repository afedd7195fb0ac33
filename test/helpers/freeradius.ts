import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { accessSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../../simulator/eventually.ts'
import { makeCertificate } from './certificate.ts'
import { endChild, freeUdpPort } from './daemon.ts'
import { type EapolOptions, type EapolResult, eapol } from './eapol.ts'
import { configText, type FreeradiusOptions, type Place } from './freeradius-config.ts'

const PROGRAM = '/usr/sbin/freeradius'

/** Why no FreeRADIUS can be started here, or false: what `skip` of a test takes. */
export function noFreeradius(): string | false {
  const needed = [PROGRAM, '/usr/lib/freeradius/rlm_ldap.so', '/usr/bin/radclient', '/usr/bin/eapol_test']
  try {
    for (const file of needed) accessSync(file)
    return false
  } catch {
    return 'freeradius, freeradius-ldap, freeradius-utils or eapoltest is not installed'
  }
}

/** A real FreeRADIUS at 127.0.0.1. */
export interface Freeradius {
  readonly ports: Readonly<Record<'auth' | 'acct' | 'coa', number>>
  /** Of everybody who speaks to it from 127.0.0.0/8. */
  readonly secret: string
  readonly pid: number | undefined
  /** What it has said so far. */
  readonly log: string
  /** Logs in once by eapol_test. */
  authenticate(
    who: Pick<EapolOptions, 'user' | 'password' | 'station' | 'method' | 'seconds'>,
  ): Promise<EapolResult>
  /** Ends it and removes its folder. */
  dispose(): Promise<void>
}

const SECRET = 'freeradius-secret-7'

export async function startFreeradius(options: FreeradiusOptions = {}): Promise<Freeradius> {
  const folder = mkdtempSync('/tmp/cordon-freeradius-')
  const running = new Running(folder)
  try {
    await running.start(options)
    return running
  } catch (error) {
    await running.dispose()
    throw error
  }
}

class Running implements Freeradius {
  readonly secret = SECRET
  ports: Freeradius['ports'] = { auth: 0, acct: 0, coa: 0 }
  log = ''
  readonly #folder: string
  #certFile = ''
  #child: ChildProcess | undefined

  constructor(folder: string) {
    this.#folder = folder
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  async start(options: FreeradiusOptions): Promise<void> {
    const certificate = makeCertificate(this.#folder)
    this.#certFile = certificate.certFile
    const [auth, acct, coa] = [await freeUdpPort(), await freeUdpPort(), await freeUdpPort()]
    this.ports = { auth, acct, coa }
    const hashes = Object.fromEntries(
      Object.entries(options.users ?? {}).map(([user, password]) => [user, ntHash(password)]),
    )
    const place = { folder: this.#folder, secret: SECRET, certificate, ports: this.ports, hashes }
    this.#write(options, place)
    await this.#run()
  }

  #write(options: FreeradiusOptions, place: Place): void {
    const users = Object.entries(place.hashes).map(([user, hash]) => `${user} NT-Password := 0x${hash}\n`)
    writeFileSync(join(this.#folder, 'users'), users.join(''), { mode: 0o600 })
    writeFileSync(join(this.#folder, 'radiusd.conf'), configText(options, place), { mode: 0o600 })
  }

  async #run(): Promise<void> {
    const child = spawn(PROGRAM, ['-d', this.#folder, '-n', 'radiusd', '-f', '-l', 'stdout'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes: Buffer) => {
        this.log += bytes.toString()
      })
    await eventually('FreeRADIUS to be ready', 20_000, () => {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`FreeRADIUS has ended:\n${this.log}`)
      return this.log.includes('Ready to process requests')
    })
  }

  authenticate(who: Parameters<Freeradius['authenticate']>[0]): Promise<EapolResult> {
    const { secret, ports } = this
    return eapol({ ...who, secret, port: ports.auth, certFile: this.#certFile, folder: this.#folder })
  }

  async dispose(): Promise<void> {
    if (this.#child !== undefined) await endChild(this.#child)
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** In hexadecimal: what a server keeps that never tries a password elsewhere. */
function ntHash(password: string): string {
  const out = execFileSync('/usr/bin/smbencrypt', [password], {
    encoding: 'utf8',
    // The heading of its table.
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const hash = /\b[0-9A-F]{32}\s+([0-9A-F]{32})\b/.exec(out)?.[1]
  if (hash === undefined) throw new Error(`smbencrypt says '${out}'`)
  return hash
}
