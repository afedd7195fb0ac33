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
