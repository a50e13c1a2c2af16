export { ThroughlineChatTransport } from './transport.ts'
export type { ThroughlineChatTransportOptions } from './transport.ts'
