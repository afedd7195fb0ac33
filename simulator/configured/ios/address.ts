/** 32 bits of a dotted address. */
function bits4(address: string): number {
  return address.split('.').reduce((bits, octet) => bits * 256 + Number(octet), 0)
}

function text4(bits: number): string {
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.')
}

/** The length of a mask of ones before zeroes; undefined for any other. */
export function maskLength(mask: string): number | undefined {
  const zeroes = 2 ** 32 - bits4(mask)
  const length = 32 - Math.log2(zeroes)
  return Number.isInteger(length) && length >= 0 ? length : undefined
}

/** The length that a wildcard (a mask turned over) leaves; undefined when its bits are not the last ones. */
export function wildcardLength(wildcard: string): number | undefined {
  const length = 32 - Math.log2(bits4(wildcard) + 1)
  return Number.isInteger(length) ? length : undefined
}

export function mask4(length: number): string {
  return text4(2 ** 32 - 2 ** (32 - length))
}

export function wildcard4(length: number): string {
  return text4(2 ** (32 - length) - 1)
}

/** The address with the bits behind `length` cleared. */
export function network4(address: string, length: number): string {
  return text4(Math.floor(bits4(address) / 2 ** (32 - length)) * 2 ** (32 - length))
}

/** As the platform writes it: shortest form (RFC 5952), but in capitals. */
export function text6(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1).toUpperCase()
}

/** `address/length` with the bits behind `length` cleared. */
export function network6(prefix: string): string {
  const [address = '', length = ''] = prefix.split('/')
  const shift = 128n - BigInt(length)
  return `${from6((bits6(address) >> shift) << shift)}/${length}`
}

function bits6(address: string): bigint {
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const middle = Array.from({ length: tail === undefined ? 0 : 8 - first.length - last.length }, () => '0')
  return [...first, ...middle, ...last].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n)
}

function from6(bits: bigint): string {
  const groups = Array.from({ length: 8 }, (_, at) =>
    ((bits >> BigInt(112 - 16 * at)) & 0xffffn).toString(16),
  )
  return text6(groups.join(':'))
}
