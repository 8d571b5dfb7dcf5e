// Names the parts of a definition.
import { msg } from '../../locales/i18n'

export const definitionPartNames: Record<string, string> = {
  name: msg('Name'),
  kind: msg('Kind'),
  description: msg('Description'),
  offer: msg('Offer'),
  validity: msg('Validity'),
  accept_by: msg('Accept by'),
  audience: msg('Audience'),
  topic: msg('Topic'),
  channels: msg('Channels'),
  messages: msg('Messages'),
  caps: msg('Caps'),
  holdout_percent: msg('Control group (%)'),
  pressure: msg('Priority & frequency'),
  reminder: msg('Reminder'),
  link_target: msg('Link in messages'),
  reversal: msg('After a cancelled order'),
  schedule: msg('Schedule'),
  trigger: msg('Trigger'),
  variants: msg('Variants'),
}
