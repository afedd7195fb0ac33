import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type EapMethod = 'ttls-pap' | 'peap-mschapv2'

export interface EapolOptions {
  /** Where it keeps its configuration while it runs. */
  readonly folder: string
  readonly port: number
  readonly secret: string
  /** Of whoever the server's certificate must be of. */
  readonly certFile: string
  readonly user: string
  readonly password: string
  /** Calling-Station-Id, such as `02-00-5E-10-00-01` */
  readonly station: string
  readonly method: EapMethod
  /** 10 when left out */
  readonly seconds?: number
}

/** `silent`: nobody answered in time. */
export type EapolResult = 'accepted' | 'refused' | 'silent'

const INNER: Readonly<Record<EapMethod, string>> = {
  'ttls-pap': 'eap=TTLS\nphase2="auth=PAP"',
  'peap-mschapv2': 'eap=PEAP\nphase1="peaplabel=0"\nphase2="auth=MSCHAPV2"',
}

/** Logs in once, as a station behind an access point would, by wpa_supplicant's own EAP. */
export async function eapol(options: EapolOptions): Promise<EapolResult> {
  const { folder, port, secret, certFile, user, password, station, method, seconds = 10 } = options
  const own = mkdtempSync(join(folder, 'eapol-'))
  const file = join(own, 'station.conf')
  const network = `key_mgmt=IEEE8021X
${INNER[method]}
identity="${user}"
anonymous_identity="anonymous${user.replace(/^[^@]*/, '')}"
password="${password}"
ca_cert="${certFile}"`
  writeFileSync(file, `network={\n${network}\n}\n`, { mode: 0o600 })
  const where = ['-a', '127.0.0.1', '-p', String(port), '-s', secret]
  const child = spawn(
    '/usr/bin/eapol_test',
    ['-c', file, ...where, '-M', station.replaceAll('-', ':'), '-t', String(seconds)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let out = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => {
      out += bytes.toString()
    })
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('close', resolve)
      child.once('error', reject)
    })
    if (code === 0) return 'accepted'
    if (/CTRL-EVENT-EAP-FAILURE/.test(out)) return 'refused'
    if (/EAPOL test timed out/.test(out)) return 'silent'
    throw new Error(`eapol_test ended with ${code}: ${out.slice(-2000)}`)
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}
