// Holds the Arabic of suppressed addresses and of waiting replies.

import type { TranslationTable } from './i18n'

export const arSuppressions: TranslationTable = {
  '(e-mail, phone or push endpoint), or': '(بريد أو هاتف أو نقطة إشعارات)، أو',
  'A decision applies immediately and can’t be undone here. A stop ends all SMS to the number until a later consent, a START reply or an administrator lifts it.':
    'يسري القرار فورًا ولا يمكن التراجع عنه هنا. الإيقاف ينهي كل الرسائل القصيرة إلى الرقم حتى ترفعه موافقة لاحقة أو رد START أو مسؤول.',
  'You can import a file that was exported here. Lines that can’t be read are listed and don’t stop the others. You can import the same file again: known addresses don’t change.':
    'يمكنك استيراد ملف صُدّر من هنا. الأسطر غير المقروءة تُدرج ولا توقف غيرها. ويمكنك استيراد الملف نفسه ثانية: العناوين المعروفة لا تتغير.',
  'a later consent': 'موافقة لاحقة',
  'a reply by SMS': 'رد برسالة قصيرة',
  'a reply by SMS, read by an operator': 'رد برسالة قصيرة قرأه أحد المشغّلين',
  'Replies that are stop words, such as STOP, apply automatically. Replies that only resemble one, such as “I want to cancel”, are listed here.':
    'الردود التي هي كلمات إيقاف، مثل STOP، تسري تلقائيًا. وما يشبهها فقط، مثل «أريد الإلغاء»، يُدرج هنا.',
  'added by an operator': 'أضافه أحد المشغّلين',
  'Address for {channel}': 'عنوان لقناة {channel}',
  'Addresses read: {n}': 'العناوين المقروءة: {n}',
  'Addresses saved: {n}': 'العناوين المحفوظة: {n}',
  'All suppressed addresses': 'كل العناوين المحجوبة',
  'Administrators can lift active suppressions.': 'يمكن للمديرين رفع الحجب الساري.',
  'an app registered the device again': 'سجّل تطبيق الجهاز من جديد',
  'an erasure': 'طلب حذف البيانات',
  'an imported list': 'قائمة مستوردة',
  'an operator': 'أحد المشغّلين',
  'Blocked': 'محظور',
  'Choose a file': 'اختر ملفًا',
  'Column': 'العمود',
  'Consents stay as they are: a customer who has denied one for this channel still gets nothing. The provider’s own list may still hold the address back.':
    'تبقى الموافقات كما هي: العميل الذي رفض هذه القناة لا يتلقى شيئًا. وقد تظل قائمة المزوّد نفسه تمنع العنوان.',
  'Continue': 'متابعة',
  'Counts as a stop': 'يُعدّ طلب إيقاف',
  'Customers who have it': 'العملاء الذين لهم هذا العنوان',
  'Customers who have it:': 'العملاء الذين لهم هذا العنوان:',
  'Dismissed. Nothing changes for the number.': 'صُرف الرد. لا يتغير شيء للرقم.',
  'E-mail, phone with country code, push endpoint, or key':
    'بريد أو هاتف مع رمز البلد أو نقطة إشعارات أو مفتاح',
  'Erased': 'حُذفت البيانات',
  'Everything in force is lifted, for every customer who has the address: {list}.':
    'يُرفع كل ما هو سارٍ، لكل عميل له هذا العنوان: {list}.',
  'Failures in a row': 'إخفاقات متتالية',
  'Failures in a row: {n}. The fifth suppresses it.': 'إخفاقات متتالية: {n}. الخامس يحجبه.',
  'File': 'الملف',
  'Import': 'استيراد',
  'Import CSV': 'استيراد CSV',
  'in force': 'سارٍ',
  'Invalid': 'غير صالح',
  'Saved with the address, with your name.': 'تُحفظ مع العنوان ومع اسمك.',
  'It is lifted by a later consent for the address, by an app that registers the device again, or by an administrator.':
    'ترفعه موافقة لاحقة للعنوان، أو تطبيق يسجّل الجهاز من جديد، أو مسؤول.',
  'It is lifted by a later consent for the address, by the word START from the phone, or by an administrator.':
    'ترفعه موافقة لاحقة للعنوان، أو كلمة START من الهاتف، أو مسؤول.',
  'It is lifted by a later consent for the address, or by an administrator.':
    'ترفعه موافقة لاحقة للعنوان أو مسؤول.',
  'Keeps failing': 'يخفق باستمرار',
  'Key of the address': 'مفتاح العنوان',
  'Latest lift': 'آخر رفع',
  'Lift suppressions': 'رفع الحجب',
  'lifted': 'مرفوع',
  'Lifted. Consents stay as they are.': 'رُفع الحجب. تبقى الموافقات كما هي.',
  'Line': 'السطر',
  'Lines: {n}': 'الأسطر: {n}',
  'Lines done: {n} of {all}': 'الأسطر المنجزة: {n} من {all}',
  'Means something else': 'يعني شيئًا آخر',
  'Messages are sent to it, if the customer has agreed.': 'تُرسل إليه الرسائل إن وافق العميل.',
  'No address of this channel is suppressed': 'لا عنوان محجوب في هذه القناة',
  'No more than {n} are shown.': 'لا يُعرض أكثر من {n}.',
  'No replies to review': 'لا ردود للمراجعة',
  'not suppressed': 'غير محجوب',
  'No messages are sent to it.': 'لا تُرسل إليه رسائل.',
  'No more messages are sent to it, whichever customers have it now or later.':
    'لا تُرسل إليه رسائل بعد الآن، أيًّا كان العملاء الذين لهم هذا العنوان.',
  'Nothing more is sent to this number by SMS.': 'لا تُرسل رسائل قصيرة أخرى إلى هذا الرقم.',
  'Nothing yet.': 'لا شيء بعد.',
  'Number': 'الرقم',
  'Only an administrator lifts it.': 'لا يرفعه إلا مسؤول.',
  'Opted out': 'ألغى الاشتراك',
  'View campaigns, reports, health, suppressions and diagnostics':
    'عرض الحملات والتقارير والسلامة والعناوين المحجوبة والتشخيص',
  'Reasons, in force and lifted': 'الأسباب السارية والمرفوعة',
  'Refused lines': 'الأسطر المرفوضة',
  'SMS replies that resemble a stop or start word, oldest first. Each is kept for up to 90 days; until you decide, nothing changes for the number.':
    'ردود بالرسائل القصيرة تشبه كلمة إيقاف أو بدء، الأقدم أولًا. يُحفظ كل منها حتى 90 يومًا؛ وإلى أن تقرر لا يتغير شيء للرقم.',
  'Reply': 'الرد',
  'See address {n}': 'عرض العنوان {n}',
  'See the address': 'عرض العنوان',
  'Since': 'منذ',
  'Someone has already decided about this reply.': 'قرر أحدهم في هذا الرد من قبل.',
  'a previous holder asked for erasure': 'طلب صاحب سابق له حذف بياناته',
  'Stop after this part': 'التوقف بعد هذا الجزء',
  'Suppress': 'حجب',
  'Suppress addresses, import lists of them, decide what replies mean':
    'حجب العناوين واستيراد قوائمها والبتّ في معنى الردود',
  'Suppress an address': 'حجب عنوان',
  'Suppress this address': 'حجب هذا العنوان',
  'suppressed': 'محجوب',
  'Suppressed addresses': 'العناوين المحجوبة',
  'Suppressed. No more messages are sent to this address.':
    'حُجب العنوان. لا تُرسل إليه رسائل بعد الآن.',
  'Suppressed: {taken}. Known already: {unchanged}. Refused: {refused}.':
    'حُجب: {taken}. معروف من قبل: {unchanged}. مرفوض: {refused}.',
  'Suppressions': 'العناوين المحجوبة',
  'The address itself is not kept here, only its key, so it cannot be shown.':
    'العنوان نفسه لا يُحفظ هنا، بل مفتاحه فقط، فلا يمكن عرضه.',
  'Addresses that get no messages, and why. A suppression belongs to the address: it applies to every customer who has it, now or later.':
    'عناوين لا تصلها رسائل، والسبب. الحجب يخص العنوان: يسري على كل عميل له هذا العنوان الآن أو لاحقًا.',
  'The file is not in UTF-8: save it as “CSV UTF-8”.':
    'الملف ليس بترميز UTF-8: احفظه بصيغة «CSV UTF-8».',
  'The first line names the columns. One of them is the address:':
    'السطر الأول يسمّي الأعمدة. أحدها العنوان:',
  'The first line of the file has to name its columns, each one once.':
    'يجب أن يسمّي السطر الأول من الملف أعمدته، كلًّا مرة واحدة.',
  'Optional columns:': 'أعمدة اختيارية:',
  'The parts before it are imported. “Try again” continues after them.':
    'استُوردت الأجزاء السابقة. «حاول ثانية» يتابع بعدها.',
  'the address is suppressed': 'العنوان محجوب',
  'the provider of the channel': 'مزوّد القناة',
  'the provider’s contact list': 'قائمة جهات الاتصال لدى المزوّد',
  'The quote on line {n} is never closed.': 'علامة الاقتباس في السطر {n} لا تُغلق أبدًا.',
  'the unsubscribe link of a message': 'رابط إلغاء الاشتراك في رسالة',
  'the word START, or coming back to the contact list':
    'كلمة START، أو العودة إلى قائمة جهات الاتصال',
  'This address is not suppressed and never was.': 'هذا العنوان غير محجوب ولم يُحجب قط.',
  'Enter an address or a key.': 'أدخل عنوانًا أو مفتاحًا.',
  'Replies to review': 'ردود للمراجعة',
  'Meaning': 'المعنى',
  'Addresses are listed here when someone replies STOP, unsubscribes or complains, or when a message hard-bounces. You can also import a list.':
    'تُدرج العناوين هنا حين يرد أحدهم بكلمة STOP أو يلغي الاشتراك أو يشتكي، أو ترتد رسالة نهائيًا. ويمكنك استيراد قائمة.',
  'with': 'مع',
}
