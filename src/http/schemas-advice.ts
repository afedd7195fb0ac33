import { Type } from 'typebox'
import { CATEGORIES } from '../domain/category.ts'

/** What happened, and what whoever looks after the target of a block is to do. */
export const ADVISED = {
  category: Type.Optional(Type.Enum([...CATEGORIES], { description: 'What happened.' })),
  advice: Type.Optional(
    Type.Object(
      {
        name: Type.String(),
        title: Type.String(),
        text: Type.String({ description: 'Plain text, in lines.' }),
      },
      { description: 'What whoever looks after the target is to do; absent where it is not ours.' },
    ),
  ),
}

/** Of a rule: what is on record of its advice. */
export const ADVICE_NAME = Type.Optional(
  Type.String({ description: 'Name of the advice that the rule gives which decided.' }),
)
