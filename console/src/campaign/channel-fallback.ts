// Says when a campaign goes on to the next channel of its order.
import type { Channels } from '../client'

/** Returns true if there is a next channel to try: with the mode `all` every channel is used. */
export const hasNextChannel = ({ mode, ladder }: Pick<Channels, 'mode' | 'ladder'>) =>
  mode === 'first_available' && ladder.length > 1

/**
 * Returns true if the campaign tries the next channel after a message whose fate stays unknown. It
 * does unless its definition says no.
 */
export const goesOnAfterUnknown = (channels: Channels) =>
  hasNextChannel(channels) && channels.after_unknown !== false
