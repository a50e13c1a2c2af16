import { createTransport } from 'nodemailer'

/** A mail in plain text. */
export type Mail = { to: string; subject: string; text: string }

/** Sends mails. Its errors never contain a mail's text, which may have a secret. */
export type Mailer = { send(mail: Mail): Promise<void>; close(): void }

/** The time limit of a mail server. Milliseconds. */
const PATIENCE_MS = 10_000

/** @param from the sender, such as `Throughline <chat@example.com>` */
export function createMailer({ smtpUrl, from }: { smtpUrl: string; from: string }): Mailer {
  const transport = createTransport(
    {
      url: smtpUrl,
      pool: true,
      maxConnections: 2,
      connectionTimeout: PATIENCE_MS,
      greetingTimeout: PATIENCE_MS,
      socketTimeout: PATIENCE_MS,
    },
    { from },
  )
  return {
    async send({ to, subject, text }) {
      try {
        // An object, so that an address with a comma is not taken for several.
        await transport.sendMail({ to: { name: '', address: to }, subject, text })
      } catch (cause) {
        const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
        throw new Error(`the mail server did not take a mail (${code})`)
      }
    },
    close: () => transport.close(),
  }
}
