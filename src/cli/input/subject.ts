import { usage } from '../exit.ts'

/** What people quote by a number. */
export type Numbered = 'block' | 'request'

/** The number in `1042`, `#1042` or `Cordon#1042`; `undefined` for anything else. */
export function blockNumber(text: string): number | undefined {
  const digits = /^(?:(?:cordon)?#)?([1-9]\d{0,14})$/i.exec(text)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** @throws CliError */
export function requireNumber(text: string, of: Numbered = 'block'): number {
  const number = blockNumber(text)
  if (number === undefined) throw usage(`'${text}' is not a number of a ${of} such as 1042 or Cordon#1042`)
  return number
}

/** A number that only this list has, as it stands there. @throws CliError */
export function requirePlainNumber(text: string, of: 'mail' | 'message' | 'trigger'): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw usage(`'${text}' is not a number of a ${of} such as 17`)
  return Number(text)
}

/** Length of an address or a prefix as text; `undefined` for a name such as `department:physics`. */
export function lengthOf(target: string): number | undefined {
  const [, address, length] = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/i.exec(target) ?? []
  if (address === undefined || /^[0-9a-f]*$/i.test(address)) return undefined
  return length === undefined ? (address.includes(':') ? 128 : 32) : Number(length)
}
