// The same through Socket.IO, over a WebSocket without compression.
import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { address, ask, tellPort } from './pipe.mjs'

const http = createServer()
const io = new Server(http, {
  transports: ['websocket'],
  perMessageDeflate: false,
  serveClient: false,
})
io.on('connection', (socket) => {
  socket.on('ask', async ({ text: question }) => {
    let seq = 0
    try {
      await ask(question, (text) => socket.emit('chunk', { seq: ++seq, text }))
      socket.emit('end', {})
    } catch (error) {
      socket.emit('error', error.message)
    }
  })
})
http.listen({ ...address, backlog: 4096 }, () => tellPort(http))
