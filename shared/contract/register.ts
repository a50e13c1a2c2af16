/**
 * An application declares here which tools its own server has, so that every type of the client knows their calls:
 *
 * ```ts
 * declare module 'throughline/server' {
 *   interface Register {
 *     tools: typeof tools
 *   }
 * }
 * ```
 */
export interface Register {}
