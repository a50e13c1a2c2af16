// The services besides the model that the settings name; null when one is not configured.
import type { Client, Config, S3Config } from './config.ts'
import type { Settings } from './settings.ts'

/** The model's own service, if that is OpenAI. */
export function speechService(settings: Settings): Config['speech'] {
  const { SPEECH_BASE_URL: own, OPENAI_BASE_URL: models, OPENAI_API_KEY: modelKey } = settings
  const isOpenAi = modelKey !== undefined && (models === undefined || isOpenAiAddress(models))
  const apiKey = settings.SPEECH_API_KEY ?? (own === undefined && isOpenAi ? modelKey : null)
  if (own === undefined && apiKey === null) return null
  return {
    ...{ baseUrl: own ?? OPENAI_ADDRESS, apiKey },
    toTextModel: settings.SPEECH_TO_TEXT_MODEL,
    toSpeechModel: settings.TEXT_TO_SPEECH_MODEL,
    voice: settings.TEXT_TO_SPEECH_VOICE,
    timeoutMs: settings.LLM_TIMEOUT * 1000,
  }
}

/** Pictures are made at the model's endpoint, unless another address is set. */
export function imageService(settings: Settings): Config['images'] {
  const { IMAGE_MODEL: model, IMAGE_BASE_URL: own, OPENAI_BASE_URL: models } = settings
  if (model === undefined) return null
  const modelKey = own === undefined ? settings.OPENAI_API_KEY : undefined
  return {
    baseUrl: own ?? models ?? OPENAI_ADDRESS,
    apiKey: settings.IMAGE_API_KEY ?? modelKey ?? null,
    ...{ model, approval: settings.IMAGE_APPROVAL },
    timeoutMs: IMAGE_TIMEOUT_MS,
  }
}

const IMAGE_TIMEOUT_MS = 170_000

const OPENAI_ADDRESS = 'https://api.openai.com/v1'

function isOpenAiAddress(address: string): boolean {
  return URL.parse(address)?.hostname === 'api.openai.com'
}

export function s3Store(settings: Settings): S3Config | null {
  const { S3_ENDPOINT: endpoint, S3_BUCKET: bucket } = settings
  const { S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = settings
  return endpoint && bucket && accessKeyId && secretAccessKey
    ? {
        ...{ endpoint, bucket, accessKeyId, secretAccessKey },
        region: settings.S3_REGION,
        prefix: settings.S3_PREFIX ?? '',
      }
    : null
}

export function client(
  clientId: string | undefined,
  clientSecret: string | undefined,
): Client | null {
  return clientId && clientSecret ? { clientId, clientSecret } : null
}

export function openIdConnect(settings: Settings): Config['auth']['providers']['oidc'] {
  const known = client(settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)
  const issuer = settings.OIDC_ISSUER
  return known && issuer ? { ...known, issuer, name: settings.OIDC_NAME ?? 'OpenID Connect' } : null
}
