export { startTestServer } from './test-server.ts'
export type { TestServer, TestServerOptions } from './test-server.ts'
export type { ScriptedAnswer } from './scripted-answer.ts'
export type { ScriptedCall, ScriptedModel } from './scripted-model.ts'
