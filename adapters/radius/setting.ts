import { type Static, Type } from 'typebox'
import { ATTRIBUTE_NAMES, attribute, vendorAttribute } from './codec/attributes.ts'
import type { Attribute } from './codec/packet.ts'

const Value = Type.Union([Type.String({ minLength: 1, maxLength: 247 }), Type.Integer({ minimum: 0 })])

/** What a session is told to be. */
export const settingSchema = Type.Object(
  {
    vlan: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'A VLAN by number or name (RFC 3580 §3.31).' }),
    ),
    filter: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 247,
        description: 'A filter of the NAS by its name (Filter-Id).',
      }),
    ),
    attributes: Type.Optional(
      Type.Array(
        Type.Union([
          Type.Object(
            { name: Type.Enum([...ATTRIBUTE_NAMES]), value: Value },
            { additionalProperties: false },
          ),
          Type.Object(
            {
              vendor: Type.Integer({ minimum: 1, maximum: 0xff_ff_ff_ff }),
              type: Type.Integer({ minimum: 1, maximum: 255 }),
              value: Value,
            },
            { additionalProperties: false },
          ),
        ]),
        { minItems: 1, maxItems: 20, description: 'Anything else that the NAS wants to be told.' },
      ),
    ),
  },
  { additionalProperties: false },
)

export type Setting = Static<typeof settingSchema>

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
