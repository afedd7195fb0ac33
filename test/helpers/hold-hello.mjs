// Passes on what comes in, but keeps a NETCONF client's hello until something has come behind it: as on a busy server,
// both are read at once.
const END = ']]>]]>'
let held = Buffer.alloc(0)

function hold(bytes) {
  held = Buffer.concat([held, bytes])
  const end = held.indexOf(END)
  if (end < 0 || held.length <= end + END.length) return
  process.stdin.off('data', hold)
  process.stdout.write(held)
  process.stdin.pipe(process.stdout)
}

process.stdin.on('data', hold)
