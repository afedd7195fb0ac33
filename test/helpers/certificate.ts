import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Files of a certificate that vouches for itself, and its key. */
export interface Certificate {
  readonly certFile: string
  readonly keyFile: string
}

/** Makes one for two days in a folder, of `localhost` and 127.0.0.1 unless other names are given (as openssl writes them). */
export function makeCertificate(folder: string, names = 'DNS:localhost,IP:127.0.0.1'): Certificate {
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  execFileSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...['-keyout', keyFile, '-out', certFile, '-subj', '/CN=localhost'],
      ...['-addext', `subjectAltName=${names}`],
    ],
    { stdio: 'ignore' },
  )
  return { certFile, keyFile }
}
