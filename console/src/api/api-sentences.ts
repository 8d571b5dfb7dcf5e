// Puts the sentences that the API says word for word into the console's words, which are translated. A
// test checks that the API still says each of them.
import { msg } from '../locales/i18n'

export const apiSentences = new Map([
  // Playbooks: the meaning of each parameter.
  [
    'Days without an order after which it fires, 1 to 1,095.',
    msg('Send after this many days without an order (1 to 1,095).'),
  ],
  [
    'Days between two of its vouchers for one customer, 1 to 1,095.',
    msg('Minimum days between two vouchers for the same customer (1 to 1,095).'),
  ],
  ['The vertical that they know.', msg('The vertical they already order from.')],
  [
    'The vertical that they shall try; the offer holds there only.',
    msg('The vertical they should try. The offer applies only there.'),
  ],
  ['So many orders, at least.', msg('Minimum number of orders.')],
  ['So much spent in all of them, at least.', msg('Minimum total spend.')],
  [
    'Days since the merchants opened, 0 to 366.',
    msg('How recently the merchants opened (0 to 366 days).'),
  ],
  [
    'These merchants instead of the new ones, at most 50.',
    msg('Leave blank for the merchants that just opened (up to 50).'),
  ],
  [
    'How far from them customers are told, more than 0 and at most 20,000.',
    msg('Customers within this distance are included (up to 20,000 km).'),
  ],
  [
    'The vertical that starts; the offer holds there only.',
    msg('The vertical that launches. The offer applies only there.'),
  ],
  [
    'Days before the birthday at which it comes, 0 to 60.',
    msg('Days before the birthday to send (0 to 60).'),
  ],
  // Playbooks: what to check before a launch.
  [
    'The amounts are round ones in your currency, not ones from your margins: set benefit and minimum basket.',
    msg('The amounts are placeholders. Set the benefit and minimum basket to match your margins.'),
  ],
  [
    'Say it in your own words, and add the languages of your customers.',
    msg('Edit the messages, and add your customers’ languages.'),
  ],
  [
    'There is no cap: preview the audience, then set what you can afford.',
    msg('There is no limit yet. Preview the audience, then set a budget.'),
  ],
  [
    'One in ten gets nothing, so that the effect can be measured.',
    msg(
      'One in ten customers is in the control group and gets nothing, so that the effect can be measured.',
    ),
  ],
  [
    'A lapse is twice the days between two orders, or so.',
    msg('A good starting point is twice your typical gap between orders.'),
  ],
  [
    'Your own names of the two verticals: they are parameters.',
    msg('Use the names of the verticals as your orders have them.'),
  ],
  [
    'Who is a top spender: preview until only a few percent are left.',
    msg('Raise the thresholds until only a few percent of customers match.'),
  ],
  [
    'Merchants and radius: which are new, and how far they deliver.',
    msg('Choose the new merchants, and set the radius to their delivery area.'),
  ],
  [
    'Short, so that the first orders come in the first days.',
    msg('Keep the validity short to get first orders in the first days.'),
  ],
  [
    'The hour of the customer’s day at which it comes.',
    msg('The send hour, in the customer’s time zone.'),
  ],
  // Replays: their assumptions.
  [
    'The days are the customers’ own, in the zone that they have now; each of them is over everywhere.',
    msg('Days are in each customer’s current time zone. Only full days are included.'),
  ],
  [
    'Profile, consent, suppression and address are as they are now.',
    msg('Profiles, consents, suppressions and addresses are as of now.'),
  ],
  [
    'Orders count as they stand now: one that was cancelled since never counted, a refund was always taken off.',
    msg('Orders count as of now: orders cancelled since are left out, and refunds are deducted.'),
  ],
  [
    'Orders are taken as told when they were placed.',
    msg('Orders are assumed to have been reported when they were placed.'),
  ],
  [
    'Who has a sign-up day was not there before it, unless an order that was read is older.',
    msg(
      'Customers are assumed not to exist before their sign-up date, unless they have an older order.',
    ),
  ],
  [
    'It is as if the autopilot had been enabled on the first day: vouchers that it has issued before are not asked for.',
    msg(
      'The replay starts as if the autopilot was enabled on the first day, without its earlier vouchers.',
    ),
  ],
  [
    'Caps are not applied: hold `vouchers` and `exposure` against them.',
    msg('Limits are not applied. Compare them with the vouchers and the exposure.'),
  ],
  // Pending triggers: what they wait for.
  ['a worker has it', msg('being processed')],
  [
    'its worker did not come back: it is released again at that time',
    msg('processing was interrupted: retried at this time'),
  ],
  [
    'handed to its channel’s worker; if the message is lost, released again at that time',
    msg('handed to its channel; if the job is lost, retried at this time'),
  ],
  ['its campaign is paused', msg('its campaign is paused')],
  [
    'its campaign is over: nothing is sent, and it is closed at that time',
    msg('its campaign is over: nothing is sent, and it is closed at this time'),
  ],
  [
    'its campaign is over: nothing is sent, and it is closed next',
    msg('its campaign is over: nothing is sent, and it is closed shortly'),
  ],
  [
    'the attempt before was throttled or not answered',
    msg('retry after a throttled or unanswered attempt'),
  ],
  ['its hour is to come', msg('scheduled for this time (quiet hours, send hour or delay)')],
  ['put back by its worker: released again at that time', msg('postponed: retried at this time')],
  [
    'the channel before failed: released next, at the channel’s rate',
    msg('fallback after a failed channel: sent next, at the channel’s rate'),
  ],
  [
    'the message before bounced: the next channel, released next, at the channel’s rate',
    msg('fallback after a bounce: sent next, at the channel’s rate'),
  ],
  [
    'a further channel: released next, at the channel’s rate',
    msg('another channel: sent next, at the channel’s rate'),
  ],
  ['released next, at the channel’s rate', msg('sent next, at the channel’s rate')],
  ['looked at then: until that time it may be over', msg('checked at this time')],
  ['planned within a minute', msg('planned within a minute')],
  [
    'the provider did not answer: repeated at that time, unless an event says what became of it',
    msg('the provider did not answer: retried at this time, unless a delivery event arrives'),
  ],
  [
    'the provider did not answer: an SMS is not repeated; the next channel follows at that time, if the campaign has one and asks for it',
    msg(
      'the provider did not answer: an SMS is never repeated; the next channel follows at this time if the campaign uses one',
    ),
  ],
  [
    'the provider did not answer: not repeated once more; the next channel follows at that time, if the campaign has one and asks for it',
    msg(
      'the provider did not answer: not repeated again; the next channel follows at this time if the campaign uses one',
    ),
  ],
])

/** Returns the key of a sentence: the API writes a straight apostrophe, the console a curly one. */
export const sentenceKey = (sentence: string) => sentence.replaceAll("'", '’')
