import { AdapterError } from '../adapter.ts'

/** What an operator must do about an error of the SSH client. `where` is the device's address and port. */
export function sshError(error: Error & { level?: string; code?: string }, where: string): AdapterError {
  const { level = '', code = '', message } = error
  if (level === 'client-authentication' || /authentication methods failed/i.test(message))
    return new AdapterError('auth', `${where} does not let us in: ${message}`)
  if (level === 'client-timeout' || /timeout|timed out/i.test(message))
    return new AdapterError('timeout', `${where} does not answer: ${message}`)
  if (/no matching/i.test(message))
    return new AdapterError(
      'unsupported',
      `${where} and we have no algorithm in common: ${message}; an old device needs 'legacy: true'`,
      'ssh-algorithms',
    )
  return new AdapterError('unreachable', `${where}: ${code === '' ? message : `${code} ${message}`}`)
}
