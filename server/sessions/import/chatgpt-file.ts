import { z } from 'zod'
import { EXPORT_LIMITS } from '../../../shared/contract/export.ts'
import { File } from '../../../shared/contract/file.ts'

/** The known fields of ChatGPT's `conversations.json`; all others are ignored. */

const Text = z.string().max(EXPORT_LIMITS.text)
/** Seconds since the epoch, up to the year 9999. */
const Seconds = z.number().min(0).max(253_402_300_799).nullish()

const Content = z.looseObject({
  content_type: z.string().max(200),
  parts: z
    .array(
      z.union([
        Text,
        // The file that was in the archive, as it is stored here.
        z.looseObject({ text: Text.nullish(), stored_file: File.nullish().catch(null) }),
        z.null(),
      ]),
    )
    .max(EXPORT_LIMITS.parts)
    .nullish(),
  text: Text.nullish(),
  result: Text.nullish(),
  thoughts: z
    .array(z.looseObject({ summary: Text.nullish(), content: Text.nullish() }))
    .max(EXPORT_LIMITS.parts)
    .nullish(),
})
export type ChatGptContent = z.infer<typeof Content>

const MAX_CITATIONS = 5_000
const Source = z.looseObject({
  title: z.string().max(2_000).nullish(),
  url: z.string().max(4_000).nullish(),
})
const Reference = Source.extend({
  matched_text: z.string().max(10_000).nullish(),
  items: z.array(Source).max(100).nullish(),
})
const Citation = z.looseObject({
  start_ix: z.number().nullish(),
  end_ix: z.number().nullish(),
  metadata: Source.nullish(),
})

const ChatGptMessage = z.looseObject({
  author: z.looseObject({ role: z.string().max(200), name: z.string().max(500).nullish() }),
  create_time: Seconds,
  content: Content,
  status: z.string().max(200).nullish(),
  recipient: z.string().max(500).nullish(),
  metadata: z
    .looseObject({
      is_visually_hidden_from_conversation: z.boolean().nullish(),
      model_slug: z.string().max(500).nullish(),
      // An unreadable citation loses its link, but does not fail the import.
      content_references: z.array(Reference).max(MAX_CITATIONS).nullish().catch(null),
      citations: z.array(Citation).max(MAX_CITATIONS).nullish().catch(null),
    })
    .nullish(),
})
export type ChatGptMessage = z.infer<typeof ChatGptMessage>

const ChatGptNode = z.looseObject({
  message: ChatGptMessage.nullish(),
  parent: z.string().max(100).nullish(),
  children: z.array(z.string().max(100)).max(EXPORT_LIMITS.messages).default([]),
})
export type ChatGptNode = z.infer<typeof ChatGptNode>

const ChatGptConversation = z.looseObject({
  title: z.string().max(EXPORT_LIMITS.text).nullish(),
  create_time: Seconds,
  update_time: Seconds,
  mapping: z.record(z.string().min(1).max(100), ChatGptNode),
  current_node: z.string().max(100).nullish(),
  is_archived: z.boolean().nullish(),
})
export type ChatGptConversation = z.infer<typeof ChatGptConversation>

export const ChatGptFile = z.array(ChatGptConversation).max(EXPORT_LIMITS.sessions)
