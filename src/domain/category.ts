/**
 * What happens, whatever a source calls it. `dos.*`: a denial of service, `dos.amplification` by answers of services that
 * others were asked in the victim's name. `host.*`: a machine that somebody else commands, or that carries malware.
 * `listed`: on somebody's list of offenders. `report`: somebody outside says so.
 */
export const CATEGORIES = [
  'dos.volumetric',
  'dos.amplification',
  'dos.application',
  'host.compromised',
  'host.malware',
  'scan',
  'login.brute-force',
  'spam',
  'account.phished',
  'listed',
  'report',
  'other',
] as const
export type Category = (typeof CATEGORIES)[number]

/** The same in words, for people who have not chosen them. */
export const CATEGORY_WORDS: Readonly<Record<Category, string>> = {
  'dos.volumetric': 'a flood of traffic',
  'dos.amplification': 'a flood of answers that nobody had asked for',
  'dos.application': 'a flood of requests to a service',
  'host.compromised': 'a machine that somebody else commands',
  'host.malware': 'malware on a machine',
  scan: 'a search for open doors',
  'login.brute-force': 'many tries to log in',
  spam: 'unwanted mail',
  'account.phished': 'a stolen password',
  listed: 'an address on a list of offenders',
  report: 'a report from outside',
  other: 'something else',
}
