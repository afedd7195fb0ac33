import { createConnection } from 'node:net'

/** All that a Unix socket says to someone who only listens. */
export async function hearSocket(path: string, deadlineMs = 5_000): Promise<string> {
  return await new Promise<string>((resolve, reject) => {
    const connection = createConnection(path)
    let text = ''
    connection.setEncoding('utf8')
    connection.setTimeout(deadlineMs, () => connection.destroy(new Error(`${path} said nothing`)))
    connection.on('error', reject)
    connection.on('data', (piece: string) => {
      text += piece
    })
    connection.on('end', () => resolve(text))
  })
}
