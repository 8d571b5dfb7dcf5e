// Loads what a stack tells its console at run time, so that one build serves all stacks.
import { setClockOffset } from '../api/clock'

export interface ConsoleConfig {
  api: string
  oidc: {
    authority: string
    client_id: string
    sign_out?: string
    metadata?: Record<string, string>
  }
  currency: string
  /** Milliseconds that a local stack's time is ahead; only there days can be skipped. */
  ahead_ms?: number
}

export async function loadConfig(): Promise<ConsoleConfig> {
  const answer = await fetch('/config.json', { cache: 'no-store' })
  if (!answer.ok) throw new Error(`config.json: ${answer.status}`)
  const config = (await answer.json()) as ConsoleConfig
  setClockOffset(config.ahead_ms ?? 0)
  return config
}
