/** Why to try again, by what an operator does about it. */
export type LaterClass = 'unreachable' | 'auth' | 'tls' | 'busy' | 'timeout'

const TLS_CODE =
  /^(CERT_|CRL_|DEPTH_|ERR_OSSL|ERR_SSL|ERR_TLS|EPROTO$|HOSTNAME_|INVALID_CA|SELF_SIGNED|UNABLE_TO|ETLS$)/

/** Of a connection that failed. @param behind the code of what caused it */
export function classOfConnection(code: string, behind = ''): 'tls' | 'timeout' | 'unreachable' {
  if (TLS_CODE.test(code) || TLS_CODE.test(behind)) return 'tls'
  return code === 'ETIMEDOUT' ? 'timeout' : 'unreachable'
}
