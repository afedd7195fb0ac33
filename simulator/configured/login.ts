import { timingSafeEqual } from 'node:crypto'
import ssh2, { type AuthContext } from 'ssh2'

export interface User {
  readonly name: string
  readonly password?: string
  /** as a line of authorized_keys */
  readonly publicKeys?: readonly string[]
}

/** Answers one attempt of a client to say who it is (RFC 4252). */
export function answerLogin(context: AuthContext, users: readonly User[], refuses: boolean): void {
  const user = users.find(({ name }) => name === context.username)
  if (!refuses && user && isUser(context, user)) context.accept()
  else if (context.method === 'keyboard-interactive' && !refuses && user?.password !== undefined) {
    const { password } = user
    context.prompt([{ prompt: 'Password: ', echo: false }], (answers) => {
      if (answers[0] === password) context.accept()
      else context.reject(['publickey', 'password', 'keyboard-interactive'])
    })
  } else context.reject(['publickey', 'password', 'keyboard-interactive'])
}

function isUser(context: AuthContext, { password, publicKeys = [] }: User): boolean {
  if (context.method === 'password') return password !== undefined && context.password === password
  if (context.method !== 'publickey') return false
  return publicKeys.some((line) => {
    const known = ssh2.utils.parseKey(line)
    if (known instanceof Error) throw known
    const own = known.getPublicSSH()
    if (own.length !== context.key.data.length || !timingSafeEqual(own, context.key.data)) return false
    // without a signature the client only asks whether this key would do
    return (
      !context.signature || known.verify(context.blob ?? Buffer.alloc(0), context.signature, context.hashAlgo)
    )
  })
}
