import { Type } from 'typebox'
import { PEOPLE_ROLES, ROLES, SCOPES } from '../domain/role.ts'
import { DURATION, ENDS, ORIGIN, strict } from './schemas.ts'

const DEPARTMENTS = Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
  minItems: 1,
  maxItems: 200,
  uniqueItems: true,
  description: 'Departments that bound what is seen and done.',
})

const PERSON_ROLES = Type.Array(Type.Enum([...PEOPLE_ROLES]), { uniqueItems: true })

const PERSON_NAME = Type.String({ minLength: 1, maxLength: 200 })

export const newPerson = Type.Object(
  { name: PERSON_NAME, roles: PERSON_ROLES, departments: Type.Optional(DEPARTMENTS) },
  strict,
)

export const personChange = Type.Object(
  {
    name: Type.Optional(PERSON_NAME),
    roles: Type.Optional(PERSON_ROLES),
    departments: Type.Optional(DEPARTMENTS),
    left: Type.Optional(
      Type.Literal(false, { description: 'Adds again one who was removed; old tokens stay revoked.' }),
    ),
  },
  { ...strict, minProperties: 1 },
)

export const newToken = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200 }),
    roles: Type.Optional(
      Type.Array(Type.Enum([...ROLES]), {
        uniqueItems: true,
        description: 'Their rights, as they are at any time.',
      }),
    ),
    scopes: Type.Optional(
      Type.Array(Type.Enum([...SCOPES]), { uniqueItems: true, description: 'Rights, one by one.' }),
    ),
    origin: ORIGIN,
    person: Type.Optional(Type.String({ description: 'Whose it is; your own when left out.' })),
    departments: Type.Optional(DEPARTMENTS),
    bounds: Type.Optional(
      Type.Object(
        {
          targets: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: 200 })),
          ipv4Addresses: Type.Optional(Type.Integer({ minimum: 1 })),
          ipv6Length: Type.Optional(Type.Integer({ minimum: 1, maximum: 128 })),
          duration: Type.Optional(DURATION),
        },
        { ...strict, description: 'What one block of the token may be at the most.' },
      ),
    ),
    ...ENDS,
  },
  strict,
)
