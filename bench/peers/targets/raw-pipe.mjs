// The least that a server can do: each piece of the provider's text goes out as a small frame. Nothing is kept.
import { WebSocketServer } from 'ws'
import { address, ask, tellPort } from './pipe.mjs'

const server = new WebSocketServer({ ...address, perMessageDeflate: false, backlog: 4096 }, () =>
  tellPort(server),
)
server.on('connection', (socket) => {
  socket.on('message', async (data) => {
    let seq = 0
    const say = (frame) => socket.send(JSON.stringify(frame))
    try {
      await ask(JSON.parse(data).text, (text) => say({ type: 'chunk', seq: ++seq, text }))
      say({ type: 'end' })
    } catch (error) {
      say({ type: 'error', message: error.message })
    }
  })
})
