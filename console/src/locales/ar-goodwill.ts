// Holds the Arabic of what support does for one customer: vouchers by hand, orders, a cart to try.

import type { TranslationTable } from './i18n'

export const arGoodwill: TranslationTable = {
  'A cap of the campaign is reached.': 'بلغت الحملة أحد حدودها.',
  'A marketer can create one.': 'يمكن لأحد المسوّقين إنشاؤها.',
  'Add a line': 'إضافة سطر',
  'Amount of the line': 'مبلغ السطر',
  'Cart': 'السلة',
  'Category': 'الفئة',
  'Maximum cost of a voucher': 'أقصى تكلفة للقسيمة',
  'Delivery fee': 'رسوم التوصيل',
  'Discount reversed': 'خصم معكوس',
  'Each voucher alone': 'كل قسيمة وحدها',
  'Support chooses each customer, so there is no audience rule.':
    'يختار فريق الدعم كل عميل، فلا قاعدة للجمهور.',
  'Extend': 'تمديد',
  'extended a voucher': 'مدّد قسيمة',
  'Counts the vouchers of all operators.': 'يشمل قسائم كل المشغّلين.',
  'Full price': 'السعر الكامل',
  'Goodwill': 'المجاملة',
  'Maximum goodwill vouchers in 30 days': 'أقصى عدد قسائم مجاملة في 30 يومًا',
  'Goodwill: issued manually by support': 'المجاملة: يصدرها فريق الدعم يدويًا',
  'Issue a voucher': 'إصدار قسيمة',
  'Reissue': 'إعادة الإصدار',
  'Issue goodwill vouchers, extend and reissue vouchers':
    'إصدار قسائم المجاملة، وتمديد القسائم، وإعادة إصدارها',
  'issued a goodwill voucher': 'أصدر قسيمة مجاملة',
  'reissued a voucher': 'أعاد إصدار قسيمة',
  'Does not apply': 'لا تنطبق',
  'First order of this customer': 'أول طلب لهذا العميل',
  'Last day': 'آخر يوم',
  'Maximum validity (days from today)': 'أقصى صلاحية (أيام من اليوم)',
  'Line {id}': 'السطر {id}',
  'Lines': 'الأسطر',
  'Merchant': 'المتجر',
  'No goodwill campaign is enabled. It is an autopilot with the trigger “Goodwill”.':
    'لا حملة مجاملة مفعّلة. هي حملة تلقائية محفّزها «المجاملة».',
  'No orders on record.': 'لا طلبات في السجل.',
  'No voucher applies to this cart.': 'لا قسيمة تنطبق على هذه السلة.',
  'There is no control group: every voucher that support issues goes to its customer.':
    'لا مجموعة ضابطة: كل قسيمة يصدرها فريق الدعم تصل إلى عميلها.',
  'Vouchers of this campaign can’t be issued manually.': 'لا يمكن إصدار قسائم هذه الحملة يدويًا.',
  'Nothing triggers this autopilot. Once it is enabled, support issues its vouchers to one customer at a time on the customer’s page in Diagnostics. It has no send hour, delay or re-entry limit; each group’s limits are in Settings.':
    'لا شيء يطلق هذه الحملة. متى فُعّلت يصدر فريق الدعم قسائمها لعميل بعد عميل من صفحة العميل في التشخيص. لا ساعة لها ولا تأخير ولا حد للتكرار؛ وحدود كل مجموعة في الإعدادات.',
  'Nothing triggers this autopilot. Once it is enabled, support can issue its vouchers.':
    'لا شيء يطلق هذه الحملة. متى فُعّلت يمكن لفريق الدعم إصدار قسائمها.',
  'In the customer’s time zone: {zone}.': 'بتوقيت العميل: {zone}.',
  'In the customer’s time zone: {zone}. Leave blank to use the campaign’s validity.':
    'بتوقيت العميل: {zone}. اتركه فارغًا لاستخدام صلاحية الحملة.',
  'On this cart': 'على هذه السلة',
  'Order cancelled': 'طلب ملغى',
  'Order id': 'معرّف الطلب',
  'Order placed': 'طلب جديد',
  'Placed': 'مقدَّم',
  'Quantity': 'الكمية',
  'Refunded': 'مردود',
  'issued manually by support': 'يصدرها فريق الدعم يدويًا',
  'The best together': 'الأفضل مجتمعةً',
  'A checkout holds this voucher. Try again in an hour.':
    'هذه القسيمة محجوزة لعملية دفع. حاول مجددًا بعد ساعة.',
  'The customer can still redeem this voucher. Extend it instead.':
    'ما زال بوسع العميل استخدام هذه القسيمة. مدّدها بدلًا من ذلك.',
  'The customer gets a voucher of a goodwill campaign now, within the limits of your group.':
    'يحصل العميل الآن على قسيمة من حملة مجاملة، ضمن حدود مجموعتك.',
  'The customer gets another voucher of the same campaign. This can be done once for each voucher.':
    'يحصل العميل على قسيمة أخرى من الحملة نفسها. لا يُفعل ذلك إلا مرة واحدة لكل قسيمة.',
  'The customer pays in another currency: it would never apply.':
    'يدفع العميل بعملة أخرى: لن تنطبق أبدًا.',
  'The customer doesn’t have this voucher.': 'ليس لدى العميل هذه القسيمة.',
  'The highest discount of its offer. Leave blank for no limit.':
    'أعلى خصم في عرضها. اتركه فارغًا بلا حد.',
  'The voucher is already valid until {until}.': 'القسيمة صالحة حتى {until} من قبل.',
  'The voucher can be accepted and, once accepted, used until the end of that day. No message is sent.':
    'يمكن قبول القسيمة، واستخدامها بعد قبولها، حتى نهاية ذلك اليوم. لا تُرسل رسالة.',
  'Voucher issued. No message is sent; it is in the customer’s wallet.':
    'صدرت القسيمة. لا تُرسل رسالة؛ هي في محفظة العميل.',
  'Voucher issued. The customer is notified by {channel}.':
    'صدرت القسيمة. يُخطَر العميل عبر {channel}.',
  'The voucher is already valid that long.': 'القسيمة صالحة إلى ذلك الوقت من قبل.',
  'The voucher is now valid until {until}.': 'القسيمة صالحة الآن حتى {until}.',
  'The voucher would expire immediately.': 'ستنتهي القسيمة فورًا.',
  'The vouchers of this campaign are revoked.': 'قسائم هذه الحملة مسحوبة.',
  'This customer has too many vouchers to try every combination. A better one may exist.':
    'لهذا العميل قسائم أكثر من أن تُجرَّب كل تراكيبها. قد يوجد ما هو أفضل.',
  'This customer has no open vouchers.': 'ليست لهذا العميل قسائم مفتوحة.',
  'This campaign issues no vouchers now.': 'هذه الحملة لا تصدر قسائم الآن.',
  'This is above your group’s limit.': 'هذا فوق حد مجموعتك.',
  'This voucher has expired. Reissue it instead.': 'انتهت هذه القسيمة. أعد إصدارها بدلًا من ذلك.',
  'This voucher is redeemed.': 'استُخدمت هذه القسيمة.',
  'This voucher was already issued. Nothing is issued twice.':
    'صدرت هذه القسيمة من قبل. لا يُصدر شيء مرتين.',
  'Total to pay': 'المطلوب دفعه',
  'Try a cart': 'تجربة سلة',
  'Try it': 'تجربتها',
  'Maximum vouchers per day': 'أقصى عدد قسائم في اليوم',
  'Limits on vouchers that operators issue manually, reissue or extend for one customer. They apply to each operator of the group; administrators have no limits.':
    'حدود القسائم التي يصدرها المشغّلون يدويًا أو يعيدون إصدارها أو يمدّدونها لعميل واحد. تسري على كل مشغّل في المجموعة؛ ولا حدود للمديرين.',
  'Limits for marketers': 'حدود المسوّقين',
  'Limits per customer': 'الحدود لكل عميل',
  'Limits for support': 'حدود فريق الدعم',
  'Shows the discount their vouchers would give at checkout now. Nothing is held or redeemed.':
    'يعرض الخصم الذي تمنحه قسائمه عند الدفع الآن. لا يُحجز شيء ولا يُستخدم.',
  '{amount} more needed': 'ينقص {amount}',
  'Applies when a voucher is extended or issued with its own last day.':
    'يسري عند تمديد قسيمة أو إصدارها بآخر يوم خاص بها.',
}
