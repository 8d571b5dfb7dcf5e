// Lists the sentences that the API says word for word, so that they can be translated. A test
// checks that the API still says each of them.
import { msg } from '../locales/i18n'

export const apiSentences = new Set([
  // Playbooks: the meaning of each parameter.
  msg('Days without an order after which it fires, 1 to 1,095.'),
  msg('Days between two of its vouchers for one customer, 1 to 1,095.'),
  msg('The vertical that they know.'),
  msg('The vertical that they shall try; the offer holds there only.'),
  msg('So many orders, at least.'),
  msg('So much spent in all of them, at least.'),
  msg('How far from it customers are told, more than 0 and at most 20,000.'),
  msg('The vertical that starts; the offer holds there only.'),
  msg('Days before the birthday at which it comes, 0 to 60.'),
  // Playbooks: what to check before a launch.
  msg(
    'The amounts are round ones in your currency, not ones from your margins: set benefit and minimum basket.',
  ),
  msg('Say it in your own words, and add the languages of your customers.'),
  msg('There is no cap: preview the audience, then set what you can afford.'),
  msg('One in ten gets nothing, so that the effect can be measured.'),
  msg('A lapse is twice the days between two orders, or so.'),
  msg('Your own names of the two verticals: they are parameters.'),
  msg('Who is a top spender: preview until only a few percent are left.'),
  msg('Point and radius: how far the new merchants deliver.'),
  msg('Short, so that the first orders come in the first days.'),
  msg('The hour of the customer’s day at which it comes.'),
  // Replays: their assumptions.
  msg(
    'The days are the customers’ own, in the zone that they have now; each of them is over everywhere.',
  ),
  msg('Profile, consent, suppression and address are as they are now.'),
  msg(
    'Orders count as they stand now: one that was cancelled since never counted, a refund was always taken off.',
  ),
  msg('Orders are taken as told when they were placed.'),
  msg('Who has a sign-up day was not there before it, unless an order that was read is older.'),
  msg(
    'It is as if the autopilot had been enabled on the first day: vouchers that it has issued before are not asked for.',
  ),
  msg('Caps are not applied: hold `vouchers` and `exposure` against them.'),
  // Pending triggers: what they wait for.
  msg('a worker has it'),
  msg('its worker did not come back: it is released again at that time'),
  msg('handed to its channel’s worker; if the message is lost, released again at that time'),
  msg('its campaign is paused'),
  msg('its campaign is over: nothing is sent, and it is closed at that time'),
  msg('its campaign is over: nothing is sent, and it is closed next'),
  msg('the attempt before was throttled or not answered'),
  msg('its hour is to come'),
  msg('put back by its worker: released again at that time'),
  msg('the channel before failed: released next, at the channel’s rate'),
  msg('the message before bounced: the next channel, released next, at the channel’s rate'),
  msg('a further channel: released next, at the channel’s rate'),
  msg('released next, at the channel’s rate'),
  msg('looked at then: until that time it may be over'),
  msg('planned within a minute'),
  msg('the provider did not answer: repeated at that time, unless an event says what became of it'),
  msg(
    'the provider did not answer: an SMS is not repeated; the next channel follows at that time, if the campaign has one and asks for it',
  ),
  msg(
    'the provider did not answer: not repeated once more; the next channel follows at that time, if the campaign has one and asks for it',
  ),
])

/** Returns the key of a sentence: the API writes a straight apostrophe, the console a curly one. */
export const sentenceKey = (sentence: string) => sentence.replaceAll("'", '’')
