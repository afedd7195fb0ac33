// Publishes a Unix socket on the loopback of the namespace that it is started in, and nowhere else:
//   node forward.mjs PORT SOCKET      (PORT 0: any free one; the one taken is printed as a line of JSON)
// It ends when its standard input does, so it cannot outlive whoever started it.
import { createConnection, createServer } from 'node:net'

const [port, socketPath] = process.argv.slice(2)

function join(visitor) {
  const inner = createConnection({ path: socketPath, allowHalfOpen: true })
  visitor.on('error', () => inner.destroy())
  inner.on('error', () => visitor.destroy())
  visitor.pipe(inner).pipe(visitor)
}

const server = createServer({ allowHalfOpen: true, noDelay: true }, join)
server.on('error', (error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
})
server.listen(Number(port), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`)
})
process.stdin.on('end', () => process.exit(0))
process.stdin.on('error', () => process.exit(0))
process.stdin.resume()
