import { createConnection } from 'node:net'

/** A reply of BIRD ends with a line whose four digits are followed by a space; `1234-` announces more. */
const LAST_LINE = /(^|\n)(0|8|9)\d{3} [^\n]*\n$/
const GREETING = /^0001 [^\n]*\n/

/** Asks BIRD's control socket one thing. Unix sockets know no network namespace, so no birdc has to be started. */
export async function askBird(socket: string, question: string, deadlineMs = 5_000): Promise<string> {
  return await new Promise<string>((resolve, reject) => {
    const connection = createConnection(socket)
    let text = ''
    connection.setEncoding('utf8')
    connection.setTimeout(deadlineMs, () =>
      connection.destroy(new Error(`${socket} gave no answer to "${question}"`)),
    )
    connection.on('error', reject)
    connection.on('close', () => reject(new Error(`${socket} hung up`)))
    connection.on('data', (piece: string) => {
      text += piece
      const answer = text.replace(GREETING, '')
      if (answer === text || !LAST_LINE.test(answer)) return
      resolve(answer)
      connection.destroy()
    })
    connection.write(`${question}\n`)
  })
}
