import { Document, isScalar, visit } from 'yaml'
import { cleanQuoted, isSteering } from './clean.ts'

export const FORMATS = ['table', 'wide', 'json', 'yaml', 'name'] as const
export type Format = (typeof FORMATS)[number]

/** The API's object as it is, for programs. */
export function encodeJson(value: unknown): string {
  return `${cleanQuoted(JSON.stringify(value, undefined, 2))}\n`
}

export function encodeYaml(value: unknown): string {
  const document = new Document(value)
  visit(document, {
    Scalar: (_key, node) => {
      if (isScalar(node) && typeof node.value === 'string' && isSteering(node.value))
        node.type = 'QUOTE_DOUBLE'
    },
  })
  return cleanQuoted(document.toString({ lineWidth: 0 }))
}
