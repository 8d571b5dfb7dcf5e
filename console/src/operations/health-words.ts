// How healthy a campaign is, in words and colours.
import type { Health } from '../client'
import { msg } from '../app/i18n'

export const healthWords: Record<Health, string> = { ok: msg('as it should'), unknown: msg('too early to say'), paused: msg('Paused'), dormant: msg('silent'), attention: msg('needs a look'), failing: msg('failing'), idle: msg('nothing to do') }
export const healthColors: Record<Health, string> = { ok: 'pine', unknown: 'gray', paused: 'yellow', dormant: 'red', attention: 'orange', failing: 'red', idle: 'gray' }
