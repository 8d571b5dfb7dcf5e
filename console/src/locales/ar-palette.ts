// Holds the Arabic of the palette, the notifications, the pre-flight of a launch, the reminder's messages and help.

import type { TranslationTable } from './i18n'

export const arPalette: TranslationTable = {
  'Ask why: {customer}': 'اسأل عن السبب: {customer}',
  'A customer id. Leave blank for an example customer.': 'معرّف عميل. اتركه فارغًا لعرض عميل مثال.',
  'A promotion selects its customers once, when it starts.':
    'يختار العرض الترويجي عملاءه مرة واحدة عند بدايته.',
  'At {hour}:00 of each customer’s day.': 'في الساعة {hour}:00 بتوقيت كل عميل.',
  'Check before you launch': 'تحقّق قبل الإطلاق',
  'Checked every minute while the console is open.': 'يُفحص كل دقيقة ما دامت لوحة التحكم مفتوحة.',
  'Desktop': 'سطح المكتب',
  'Each time its trigger applies to a customer.': 'كلما انطبق محفّزها على عميل.',
  'First messages': 'أولى الرسائل',
  'From {time} ({zone}).': 'ابتداءً من {time} ({zone}).',
  'Import a file': 'استيراد ملف',
  'Import failed': 'فشل الاستيراد',
  'Import is checked': 'فُحص الاستيراد',
  'Import is done': 'اكتمل الاستيراد',
  'It reaches nobody now': 'لا تصل الآن إلى أحد',
  'Launch it although it reaches nobody': 'إطلاقها مع أنها لا تصل إلى أحد',
  'Loading …': 'جارٍ التحميل …',
  'Look at what the check found, then start it.': 'انظر إلى نتيجة الفحص، ثم ابدأه.',
  'Messages of the reminder': 'رسائل التذكير',
  'More than {n} events wait to be sent again.': 'أكثر من {n} من الأحداث بانتظار إعادة الإرسال.',
  'Neither vouchers nor exposure have a limit.': 'لا حدّ للقسائم ولا للالتزام.',
  'Next send: {time} ({zone}).': 'الإرسال التالي: {time} ({zone}).',
  'Not sure?': 'غير متأكد؟',
  'Not translated yet: {language}': 'لم تُترجم بعد: {language}',
  'Nothing found. Try a part of the name, or a whole e-mail address.':
    'لا نتائج. جرّب جزءًا من الاسم أو عنوان بريد كاملًا.',
  'Notifications': 'الإشعارات',
  'Page, campaign, customer or action': 'صفحة أو حملة أو عميل أو إجراء',
  'Preview as customer': 'معاينة باسم عميل',
  'Preview of the reminder': 'معاينة التذكير',
  'Search everywhere': 'البحث في كل مكان',
  'Searching …': 'جارٍ البحث …',
  'See the cause, and upload the file again.': 'انظر إلى السبب، ثم ارفع الملف مجددًا.',
  'See what was imported and what was refused.': 'انظر إلى ما استُورد وما رُفض.',
  'See who is waiting': 'عرض المنتظرين',
  'Send yourself a test first': 'أرسل إلى نفسك رسالة تجريبية أولًا',
  'Sending is paused': 'الإرسال متوقف مؤقتًا',
  'Sending waits': 'الإرسال ينتظر',
  'Sending waits for quiet hours': 'الإرسال ينتظر انتهاء ساعات الهدوء',
  'Start from a playbook': 'البدء من نموذج',
  'Switch between light and dark': 'التبديل بين الفاتح والداكن',
  'The messages have no warnings.': 'لا تحذيرات في الرسائل.',
  'There is no customer with this id.': 'لا يوجد عميل بهذا المعرّف.',
  'There is nothing new. Campaigns that pause, fail or wait for you appear here.':
    'لا جديد. تظهر هنا الحملات التي تتوقف أو تفشل أو تنتظرك.',
  'Webhook endpoint refuses events': 'وجهة الويب هوك ترفض الأحداث',
  'Width': 'العرض',
  'Within a minute.': 'خلال دقيقة.',
  'Without them, it repeats the messages above word for word.':
    'من دونها يكرّر التذكير الرسائل أعلاه حرفيًا.',
  'Write the reminder its own messages': 'كتابة رسائل خاصة بالتذكير',
  '{channel}: quiet hours from {from} to {to} in each customer’s time zone.':
    '{channel}: ساعات الهدوء من {from} إلى {to} بتوقيت كل عميل.',
  '{channel}: quiet hours until {time} in {zone}. Messages wait until then.':
    '{channel}: ساعات الهدوء حتى {time} في {zone}. تنتظر الرسائل حتى ذلك الحين.',
  '{n} customers are waiting.': {
    one: 'عميل واحد ينتظر.',
    two: 'عميلان ينتظران.',
    few: '{n} عملاء ينتظرون.',
    many: '{n} عميلًا ينتظرون.',
    other: '{n} عميل ينتظرون.',
  },
  '{n} customers match, and none of them can be reached on its channels.': {
    one: 'عميل واحد مطابق، ولا يمكن الوصول إليه عبر قنواتها.',
    two: 'عميلان مطابقان، ولا يمكن الوصول إليهما عبر قنواتها.',
    few: '{n} عملاء مطابقون، ولا يمكن الوصول إلى أي منهم عبر قنواتها.',
    many: '{n} عميلًا مطابقًا، ولا يمكن الوصول إلى أي منهم عبر قنواتها.',
    other: '{n} عميل مطابق، ولا يمكن الوصول إلى أي منهم عبر قنواتها.',
  },
  '{n} events wait to be sent again.': {
    one: 'حدث واحد بانتظار إعادة الإرسال.',
    two: 'حدثان بانتظار إعادة الإرسال.',
    few: '{n} أحداث بانتظار إعادة الإرسال.',
    many: '{n} حدثًا بانتظار إعادة الإرسال.',
    other: '{n} حدث بانتظار إعادة الإرسال.',
  },
  '{n} messages as customers get them': {
    one: 'رسالة واحدة كما تصل إلى العملاء',
    two: 'رسالتان كما تصلان إلى العملاء',
    few: '{n} رسائل كما تصل إلى العملاء',
    many: '{n} رسالة كما تصل إلى العملاء',
    other: '{n} رسالة كما تصل إلى العملاء',
  },
  '{n} new notifications': {
    one: 'إشعار جديد واحد',
    two: 'إشعاران جديدان',
    few: '{n} إشعارات جديدة',
    many: '{n} إشعارًا جديدًا',
    other: '{n} إشعار جديد',
  },
  '{n} results': {
    one: 'نتيجة واحدة',
    two: 'نتيجتان',
    few: '{n} نتائج',
    many: '{n} نتيجة',
    other: '{n} نتيجة',
  },
  'Help: {about}': 'مساعدة: {about}',
  'The most that open vouchers can still cost, if each is redeemed in full. It falls when vouchers expire or are revoked, and becomes cost when they are redeemed.':
    'أقصى ما قد تكلّفه القسائم المفتوحة إذا استُخدمت كلها بالكامل. ينخفض عندما تنتهي القسائم أو تُسحب، ويصبح تكلفة عند استخدامها.',
  'Compares customers who got a voucher with the control group: customers who were eligible and got none. It waits until chance is an unlikely explanation.':
    'يقارن العملاء الذين حصلوا على قسيمة بالمجموعة الضابطة: عملاء مؤهلون لم يحصلوا على شيء. ينتظر حتى تصبح المصادفة تفسيرًا مستبعدًا.',
  'Revenue of orders with a voucher, divided by discounts and message cost. It includes orders that would have come anyway; the incremental effect leaves them out.':
    'إيراد الطلبات التي فيها قسيمة مقسومًا على الخصومات وتكلفة الرسائل. يشمل طلبات كانت ستأتي على أي حال، والأثر الإضافي يستبعدها.',
  'The amount that customers with a voucher spent beyond the control group in the same 28 days. The range says how sure that is.':
    'ما أنفقه العملاء الذين لديهم قسيمة فوق ما أنفقته المجموعة الضابطة في الأيام الـ28 نفسها. ويبيّن النطاق مدى التأكد من ذلك.',
  'Each selected customer ends in one of these groups. When all are accounted for, nobody was lost and nobody got two vouchers.':
    'ينتهي كل عميل مختار في إحدى هذه المجموعات. وعندما يُحصى الجميع، لم يضِع أحد ولم يحصل أحد على قسيمتين.',
}
