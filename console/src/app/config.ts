// What a stack tells its console at run time, so that one build serves all of them.
export interface Config {
  api: string
  oidc: {
    authority: string
    client_id: string
    sign_out?: string
    metadata?: Record<string, string>
  }
  currency: string
  /** How far the stack's time was moved; only on one machine, where days can be skipped. */
  ahead_ms?: number
}

let ahead = 0

/** The stack's time, in milliseconds. */
export const now = () => Date.now() + ahead

export async function loadConfig(): Promise<Config> {
  const answer = await fetch('/config.json', { cache: 'no-store' })
  if (!answer.ok) throw new Error(`config.json: ${answer.status}`)
  const config = (await answer.json()) as Config
  ahead = config.ahead_ms ?? 0
  return config
}
