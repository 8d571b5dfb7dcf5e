// Keeps an unsaved draft in the browser tab, with what a repeated save needs.
import type { CampaignDefinition, CampaignKind } from '../../client'

/**
 * The version and idempotency key of the next save. `sent` is the body that the key was sent with:
 * a repeat creates nothing twice, and another body needs another key.
 */
export interface SaveBase {
  etag: string
  key: string
  sent?: string
}
export interface StoredDraft extends SaveBase {
  definition: CampaignDefinition
}
export const draftStorageKey = (kind: CampaignKind, id?: string) =>
  `console.draft.${kind}.${id ?? 'new'}`
export function readStoredDraft(name: string): StoredDraft | undefined {
  try {
    return (
      (JSON.parse(sessionStorage.getItem(name) ?? 'null') as StoredDraft | undefined) ?? undefined
    )
  } catch {
    return undefined
  }
}
