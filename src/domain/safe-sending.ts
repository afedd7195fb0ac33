import { InputError } from './input-error.ts'
import { isLoopback } from './safe-listening.ts'

/**
 * An address that something is posted to: https, or http to this machine. Who logs in there does so by headers, never in
 * the address.
 * @throws InputError `url`
 */
export function readSafeUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username + url.password + url.hash !== '')
    throw new InputError('url', 'it is not an address such as https://chat.example.org/hook')
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (url.protocol === 'http:' && !isLoopback(host))
    throw new InputError('url', `it would go to ${host} over the network in clear: use https`)
  return url
}
