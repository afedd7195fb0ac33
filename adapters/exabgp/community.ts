const WELL_KNOWN: Readonly<Record<string, string>> = {
  blackhole: '65535:666',
  'no-export': '65535:65281',
  'no-advertise': '65535:65282',
}

/** `65010:911` for every way to write a community (RFC 1997, RFC 7999, RFC 8092). */
export function communityNumber(text: string): string {
  const known = WELL_KNOWN[text]
  return known ?? text.split(':').map(Number).join(':')
}
