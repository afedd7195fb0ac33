import { createHash } from 'node:crypto'
import ssh2 from 'ssh2'

export interface HostKey {
  /** in OpenSSH's form */
  readonly secret: string
  /** `SHA256:…`, as ssh-keygen -l prints it */
  readonly fingerprint: string
  /** `ssh-ed25519 AAAA…`: what stands in a known_hosts file after the host */
  readonly line: string
}

export function newHostKey(): HostKey {
  // ssh2 1.17 loses a zero that the public half begins with, and one key in 256 is then none
  for (;;) {
    const { private: secret } = ssh2.utils.generateKeyPairSync('ed25519')
    if (!(ssh2.utils.parseKey(secret) instanceof Error)) return hostKeyFrom(secret)
  }
}

/** @throws when it is no private key */
export function hostKeyFrom(secret: string): HostKey {
  const key = ssh2.utils.parseKey(secret)
  if (key instanceof Error) throw key
  const blob = key.getPublicSSH()
  const digest = createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')
  return { secret, fingerprint: `SHA256:${digest}`, line: `${key.type} ${blob.toString('base64')}` }
}
