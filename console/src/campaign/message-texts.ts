// Lists what the messages of a campaign say, as they are written: the texts of each channel.
import type { Channel, EmailBlock, LocaleMessages } from '../client'

/** Returns the texts of a block, in the order in which it shows them. */
function blockTexts(block: EmailBlock): string[] {
  const texts =
    'heading' in block
      ? [block.heading.text]
      : 'text' in block
        ? [block.text.text]
        : 'image' in block
          ? [block.image.alt]
          : 'button' in block
            ? [block.button.text]
            : 'voucher' in block
              ? [block.voucher.title, block.voucher.text, block.voucher.button]
              : []
  return texts.filter((text): text is string => Boolean(text))
}

/** Returns the texts of a message: first its title or subject. Of HTML the plain text is shown. */
export function messageTexts(messages: LocaleMessages, channel: Channel): string[] {
  const { sms, push, email } = messages
  switch (channel) {
    case 'sms':
      return sms ? [sms.text] : []
    case 'push':
      return push ? [push.title, push.body] : []
    case 'email':
      return email
        ? [
            email.subject,
            ...(email.preheader ? [email.preheader] : []),
            ...(email.blocks ? email.blocks.flatMap(blockTexts) : email.text ? [email.text] : []),
          ]
        : []
  }
}
