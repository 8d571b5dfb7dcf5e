// Holds the Arabic of what support does for one customer: vouchers by hand, orders, a cart to try.

import type { TranslationTable } from './i18n'

export const arGoodwill: TranslationTable = {
  'A cap of the campaign is reached.': 'بلغت الحملة أحد حدودها.',
  'A marketer makes one.': 'ينشئها أحد أعضاء مجموعة marketer.',
  'Add a line': 'إضافة سطر',
  'Amount of the line': 'مبلغ السطر',
  'Cart': 'السلة',
  'Category': 'الفئة',
  'Cost of one voucher, at most': 'تكلفة القسيمة الواحدة، على الأكثر',
  'Delivery fee': 'رسوم التوصيل',
  'Discount taken back': 'خصم مسحوب',
  'Each voucher alone': 'كل قسيمة وحدها',
  'Everyone can get it: support chooses each customer by hand, so there is no rule.':
    'يمكن أن يحصل عليها أي عميل: يختار فريق الدعم كل عميل بنفسه، فلا قاعدة لها.',
  'Extend': 'تمديد',
  'extended a voucher': 'مدّد قسيمة',
  'From all operators together.': 'من كل المشغّلين معًا.',
  'Full price': 'السعر الكامل',
  'Goodwill': 'المجاملة',
  'Goodwill vouchers in 30 days, at most': 'قسائم المجاملة خلال 30 يومًا، على الأكثر',
  'Goodwill: support issues it by hand': 'المجاملة: يصدرها فريق الدعم يدويًا',
  'Issue a voucher': 'إصدار قسيمة',
  'Issue again': 'إصدار من جديد',
  'Issue goodwill vouchers, extend vouchers, issue them again':
    'إصدار قسائم المجاملة، وتمديد القسائم، وإصدارها من جديد',
  'issued a goodwill voucher': 'أصدر قسيمة مجاملة',
  'issued a voucher again': 'أصدر قسيمة من جديد',
  'It does not apply': 'لا تنطبق',
  'It is their first order': 'هذا طلبه الأول',
  'Last day': 'آخر يوم',
  'Latest end of a voucher, in days from now': 'أبعد نهاية للقسيمة، بالأيام من الآن',
  'Line {id}': 'السطر {id}',
  'Lines': 'الأسطر',
  'Merchant': 'المتجر',
  'No goodwill campaign is enabled. It is an autopilot whose moment is “Goodwill”.':
    'لا حملة مجاملة مفعّلة. هي حملة تلقائية لحظتها «المجاملة».',
  'No orders on record.': 'لا طلبات في السجل.',
  'No voucher applies to this cart.': 'لا قسيمة تنطبق على هذه السلة.',
  'Nobody is held out: every voucher that support issues goes to its customer.':
    'لا يُستبعد أحد: كل قسيمة يصدرها فريق الدعم تصل إلى عميلها.',
  'Nobody issues vouchers of this campaign by hand.': 'لا أحد يصدر قسائم هذه الحملة يدويًا.',
  'Nothing fires it: once it is enabled, support issues its vouchers to one customer at a time, on the customer’s page in diagnostics. It has no hour, no wait and no cool-down; the limits of each group are in the settings.':
    'لا شيء يطلقها: متى فُعّلت يصدر فريق الدعم قسائمها لعميل بعد عميل، من صفحة العميل في التشخيص. لا ساعة لها ولا انتظار ولا مهلة بين مرتين؛ وحدود كل مجموعة في الإعدادات.',
  'Nothing fires it. Enable it, and support can issue its vouchers from then on.':
    'لا شيء يطلقها. فعّلها فيمكن لفريق الدعم إصدار قسائمها من حينها.',
  'On the customer’s clock: {zone}.': 'بساعة العميل: {zone}.',
  'On the customer’s clock: {zone}. Empty: as the campaign says.':
    'بساعة العميل: {zone}. فارغ: كما تحدد الحملة.',
  'On this cart': 'على هذه السلة',
  'Order cancelled': 'طلب ملغى',
  'Order id': 'معرّف الطلب',
  'Order placed': 'طلب جديد',
  'Placed': 'مقدَّم',
  'Quantity': 'الكمية',
  'Refunded': 'مردود',
  'support issues it by hand': 'يصدرها فريق الدعم يدويًا',
  'The best together': 'الأفضل مجتمعةً',
  'The customer can still use this voucher: extend it instead.':
    'ما زال بوسع العميل استخدام هذه القسيمة: مدّدها بدلًا من ذلك.',
  'The customer gets a voucher of a goodwill campaign now, within the limits of your group.':
    'يحصل العميل الآن على قسيمة من حملة مجاملة، ضمن حدود مجموعتك.',
  'The customer gets another voucher of the same campaign. This can be done once for each voucher.':
    'يحصل العميل على قسيمة أخرى من الحملة نفسها. لا يُفعل ذلك إلا مرة واحدة لكل قسيمة.',
  'The customer pays in another currency: it would never apply.':
    'يدفع العميل بعملة أخرى: لن تنطبق أبدًا.',
  'The customer has no such voucher.': 'ليس لدى العميل قسيمة كهذه.',
  'The highest discount of its offer. Empty: as much as the offer gives.':
    'أعلى خصم في عرضها. فارغ: بقدر ما يمنحه العرض.',
  'The voucher already lasts until {until}.': 'القسيمة صالحة حتى {until} من قبل.',
  'The voucher can be accepted and, once accepted, used until the end of that day. No message is sent.':
    'يمكن قبول القسيمة، واستخدامها بعد قبولها، حتى نهاية ذلك اليوم. لا تُرسل رسالة.',
  'The voucher is issued. No message is sent: it is in the customer’s wallet.':
    'صدرت القسيمة. لا تُرسل رسالة: هي في محفظة العميل.',
  'The voucher is issued. The customer is told by {channel}.':
    'صدرت القسيمة. يُبلَّغ العميل عبر {channel}.',
  'The voucher lasts at least as long already.': 'القسيمة صالحة إلى ذلك الوقت على الأقل من قبل.',
  'The voucher lasts until {until} now.': 'القسيمة صالحة الآن حتى {until}.',
  'The voucher would be over at once.': 'ستنتهي القسيمة فورًا.',
  'The vouchers of this campaign are revoked.': 'قسائم هذه الحملة مسحوبة.',
  'They have more vouchers than can be tried in every combination: there may be a better one.':
    'لديه قسائم أكثر من أن تُجرَّب كل تراكيبها: قد يوجد ما هو أفضل.',
  'They have no open voucher.': 'ليست لديه قسيمة مفتوحة.',
  'This campaign issues no vouchers now.': 'هذه الحملة لا تصدر قسائم الآن.',
  'This is more than your group may give away.': 'هذا أكثر مما يحق لمجموعتك منحه.',
  'This voucher is over: issue it again instead.': 'انتهت هذه القسيمة: أصدرها من جديد بدلًا من ذلك.',
  'This voucher is redeemed.': 'استُخدمت هذه القسيمة.',
  'This voucher was issued before; nothing is issued twice.':
    'صدرت هذه القسيمة من قبل؛ لا يُصدر شيء مرتين.',
  'To pay': 'المطلوب دفعه',
  'Try a cart': 'تجربة سلة',
  'Try it': 'تجربتها',
  'Vouchers a day, at most': 'القسائم في اليوم، على الأكثر',
  'Vouchers that operators issue by hand, issue again or extend for one customer. These limits hold for each operator of the group; administrators have none.':
    'القسائم التي يصدرها المشغّلون يدويًا أو يصدرونها من جديد أو يمدّدونها لعميل واحد. تسري هذه الحدود على كل مشغّل في المجموعة؛ ولا حدود للمديرين.',
  'What marketers may give away': 'ما يحق للمسوّقين منحه',
  'What one customer gets': 'ما يحصل عليه العميل الواحد',
  'What support may give away': 'ما يحق لفريق الدعم منحه',
  'What their vouchers would take off at the checkout now. Nothing is held or redeemed.':
    'ما ستخصمه قسائمه عند الدفع الآن. لا يُحجز شيء ولا يُستخدم.',
  '{amount} more is needed': 'ينقص {amount}',
  'When one is extended, or issued with a last day of its own.':
    'عند تمديد قسيمة، أو إصدارها بآخر يوم خاص بها.',
}
