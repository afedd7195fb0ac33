import { attribute, vendorAttribute } from './codec/attributes.ts'
import type { Attribute } from './codec/packet.ts'
import type { Setting } from './config.ts'

/** Tunnel-Type VLAN and Tunnel-Medium-Type IEEE-802 (RFC 3580 §3.31). */
const VLAN = 13
const IEEE_802 = 6

/** What a setting is in a CoA-Request. @throws RangeError when an attribute cannot have the value */
export function attributesOf({ vlan, filter, attributes = [] }: Setting): readonly Attribute[] {
  return [
    ...(vlan === undefined
      ? []
      : [
          attribute('Tunnel-Type', VLAN),
          attribute('Tunnel-Medium-Type', IEEE_802),
          attribute('Tunnel-Private-Group-ID', vlan),
        ]),
    ...(filter === undefined ? [] : [attribute('Filter-Id', filter)]),
    ...attributes.map((one) =>
      'name' in one ? attribute(one.name, one.value) : vendorAttribute(one.vendor, one.type, one.value),
    ),
  ]
}
