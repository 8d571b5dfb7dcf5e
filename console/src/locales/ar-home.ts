// Holds the Arabic of the home page with its checklist, of the calendar, of charts, of what lists can do with
// several campaigns, of letters in an SMS, and of the page of components.
import type { TranslationTable } from './i18n'

export const arHome: TranslationTable = {
  // The home page.
  'Home': 'الرئيسية',
  'What is live, what needs a decision, and what this week brought.':
    'ما يعمل الآن، وما يحتاج إلى قرار، وما حققه هذا الأسبوع.',
  'Needs a decision': 'يحتاج إلى قرار',
  'Nothing needs a decision: no campaign is paused, failing or silent.':
    'لا شيء يحتاج إلى قرار: لا توجد حملة متوقفة مؤقتًا أو متعثرة أو صامتة.',
  'Part of this list could not be loaded. Reload the page to try again.':
    'تعذر تحميل جزء من هذه القائمة. أعد تحميل الصفحة للمحاولة مرة أخرى.',
  'See the health of all campaigns': 'عرض حالة كل الحملات',
  'Customers can’t redeem its vouchers until you resume redeeming.':
    'لا يستطيع العملاء استخدام قسائمها حتى تستأنف الاستخدام.',
  'It can’t be launched until an approver agrees.': 'لا يمكن إطلاقها حتى يوافق أحد الموافقين.',
  'More than {n} replies to review': 'أكثر من {n} من الردود للمراجعة',
  '{n} replies to review': {
    zero: 'لا ردود للمراجعة',
    one: 'رد واحد للمراجعة',
    two: 'ردان للمراجعة',
    few: '{n} ردود للمراجعة',
    many: '{n} ردًا للمراجعة',
    other: '{n} رد للمراجعة',
  },
  'Each may be a wish to stop. Say what it means.':
    'قد يكون كل منها رغبة في إيقاف الرسائل. حدد معناه.',
  'The last 7 days': 'آخر 7 أيام',
  'Open the overview': 'فتح النظرة العامة',
  'No vouchers were issued or redeemed in the last 7 days.':
    'لم تصدر قسائم ولم تُستخدم في آخر 7 أيام.',
  '{n} other currencies are in the overview.': {
    zero: 'لا عملات أخرى في النظرة العامة.',
    one: 'توجد عملة أخرى في النظرة العامة.',
    two: 'توجد عملتان أخريان في النظرة العامة.',
    few: 'توجد {n} عملات أخرى في النظرة العامة.',
    many: 'توجد {n} عملة أخرى في النظرة العامة.',
    other: 'توجد {n} عملة أخرى في النظرة العامة.',
  },
  'Live now': 'تعمل الآن',
  'No campaign is live.': 'لا توجد حملة تعمل الآن.',
  'More than {n} campaigns are live. See all': 'تعمل أكثر من {n} حملة. عرض الكل',
  '{n} campaigns are live. See all': {
    zero: 'لا حملات تعمل. عرض الكل',
    one: 'تعمل حملة واحدة. عرضها',
    two: 'تعمل حملتان. عرض الكل',
    few: 'تعمل {n} حملات. عرض الكل',
    many: 'تعمل {n} حملة. عرض الكل',
    other: 'تعمل {n} حملة. عرض الكل',
  },
  '{n} of {of} customers processed': 'عولج {n} من {of} من العملاء',
  '{n} issued in {days} days': 'صدر {n} خلال {days} من الأيام',
  'What comes next': 'الخطوات التالية',
  'Nothing is planned. Start from a playbook: it creates a draft and sends nothing.':
    'لا شيء مخطط. ابدأ من نموذج جاهز: ينشئ مسودة ولا يرسل شيئًا.',
  'Nothing is planned.': 'لا شيء مخطط.',
  'Starts next': 'تبدأ قريبًا',
  'Drafts to finish': 'مسودات للإكمال',
  'See all {n} drafts': {
    zero: 'لا مسودات',
    one: 'عرض المسودة',
    two: 'عرض المسودتين',
    few: 'عرض {n} مسودات',
    many: 'عرض {n} مسودة',
    other: 'عرض {n} مسودة',
  },
  'Open the calendar': 'فتح التقويم',
  // The checklist.
  'Show the setup checklist': 'إظهار قائمة الإعداد',
  'Get to your first campaign': 'الطريق إلى حملتك الأولى',
  '{n} of {of} steps done': 'تم {n} من {of} من الخطوات',
  'Hide checklist': 'إخفاء القائمة',
  'Done': 'تم',
  'Next step': 'الخطوة التالية',
  'To do': 'لم يتم بعد',
  'An administrator does this.': 'يقوم بهذا أحد المسؤولين.',
  'Connect your customers': 'اربط عملاءك',
  'Your app sends customers, consents and orders through the API. Campaigns reach nobody until it does.':
    'يرسل تطبيقك العملاء والموافقات والطلبات عبر واجهة البرمجة. لا تصل الحملات إلى أحد قبل ذلك.',
  'Find a customer': 'البحث عن عميل',
  'Set the sender name and the postal address': 'حدد اسم المرسل والعنوان البريدي',
  'Customers see the name as the sender. Many countries require a postal address in marketing e-mails.':
    'يرى العملاء هذا الاسم كمرسل. تشترط دول كثيرة عنوانًا بريديًا في رسائل التسويق.',
  'Open brand settings': 'فتح إعدادات العلامة',
  'Set quiet hours': 'حدد ساعات الهدوء',
  'During quiet hours, messages wait until the morning of each customer.':
    'أثناء ساعات الهدوء تنتظر الرسائل حتى صباح كل عميل.',
  'Open contact settings': 'فتح إعدادات التواصل',
  'Add a test address': 'أضف عنوانًا للاختبار',
  'With a test address you can send each message to yourself before customers get it.':
    'بعنوان الاختبار ترسل كل رسالة إلى نفسك قبل أن تصل إلى العملاء.',
  'Open test addresses': 'فتح عناوين الاختبار',
  'Enter your costs and margin': 'أدخل تكاليفك وهامش الربح',
  'Reports then show profit and the cost of messages with your numbers.':
    'عندها تعرض التقارير الربح وتكلفة الرسائل بأرقامك.',
  'Open costs': 'فتح التكاليف',
  'Create your first campaign': 'أنشئ حملتك الأولى',
  'A playbook fills in most of it. It stays a draft until you launch it.':
    'يملأ النموذج الجاهز معظمها. تبقى مسودة حتى تطلقها.',
  'Choose a playbook': 'اختيار نموذج جاهز',
  'Launch it': 'أطلقها',
  'The review step shows how many customers it reaches and the most it can cost.':
    'تعرض خطوة المراجعة عدد العملاء الذين تصل إليهم وأقصى تكلفة لها.',
  'Open promotions': 'فتح العروض الترويجية',
  // The calendar.
  'Calendar': 'التقويم',
  'Which campaigns are on, from when to when, and how many on each day.':
    'الحملات القائمة، من متى وإلى متى، وعددها في كل يوم.',
  'Month': 'الشهر',
  'Previous month': 'الشهر السابق',
  'Next month': 'الشهر التالي',
  'Go to this month': 'الانتقال إلى هذا الشهر',
  'No campaign in this month': 'لا حملات في هذا الشهر',
  'A campaign appears here once it is launched, or a draft once it has a start.':
    'تظهر الحملة هنا بعد إطلاقها، والمسودة بعد تحديد بدايتها.',
  'Campaigns on each day': 'الحملات في كل يوم',
  'Only the newest {n} campaigns are shown.': 'تُعرض أحدث {n} من الحملات فقط.',
  'the whole month': 'الشهر كله',
  'from {day}, into the next month': 'من {day} إلى الشهر التالي',
  'from {day}, without an end': 'من {day} بلا نهاية',
  // Charts.
  '{title}: move through the days with the arrow keys': '{title}: تنقل بين الأيام بمفاتيح الأسهم',
  'Whole period': 'الفترة كلها',
  'Export these numbers as CSV: {title}': 'تصدير هذه الأرقام كملف CSV: {title}',
  'CSV': 'CSV',
  'Point at a day, or use the arrow keys.': 'أشر إلى يوم أو استخدم مفاتيح الأسهم.',
  'matches of a typical day': 'مطابقات يوم معتاد',
  // What lists do with several campaigns, and saved views.
  'Actions for selected campaigns': 'إجراءات على الحملات المحددة',
  '{n} campaigns selected': {
    zero: 'لا حملات محددة',
    one: 'حملة واحدة محددة',
    two: 'حملتان محددتان',
    few: '{n} حملات محددة',
    many: '{n} حملة محددة',
    other: '{n} حملة محددة',
  },
  'Clear selection': 'إلغاء التحديد',
  'This changes {n} campaigns.': {
    zero: 'لا يغير هذا أي حملة.',
    one: 'يغير هذا حملة واحدة.',
    two: 'يغير هذا حملتين.',
    few: 'يغير هذا {n} حملات.',
    many: 'يغير هذا {n} حملة.',
    other: 'يغير هذا {n} حملة.',
  },
  '{n} selected campaigns stay as they are: their state does not allow this.': {
    zero: 'لا تبقى أي حملة محددة كما هي.',
    one: 'تبقى حملة محددة كما هي: حالتها لا تسمح بهذا.',
    two: 'تبقى حملتان محددتان كما هما: حالتهما لا تسمح بهذا.',
    few: 'تبقى {n} حملات محددة كما هي: حالتها لا تسمح بهذا.',
    many: 'تبقى {n} حملة محددة كما هي: حالتها لا تسمح بهذا.',
    other: 'تبقى {n} حملة محددة كما هي: حالتها لا تسمح بهذا.',
  },
  '{n} of {of} done': 'تم {n} من {of}',
  '{n} changed.': 'تغيرت {n}.',
  '{n} could not be changed:': {
    zero: 'لا شيء تعذر تغييره:',
    one: 'حملة تعذر تغييرها:',
    two: 'حملتان تعذر تغييرهما:',
    few: '{n} حملات تعذر تغييرها:',
    many: '{n} حملة تعذر تغييرها:',
    other: '{n} حملة تعذر تغييرها:',
  },
  'Saved views': 'طرق العرض المحفوظة',
  'No view': 'بلا طريقة عرض',
  'Save view': 'حفظ طريقة العرض',
  'Delete view': 'حذف طريقة العرض',
  'Saved in this browser. To share a view, copy its address.':
    'محفوظة في هذا المتصفح. لمشاركة طريقة العرض انسخ عنوانها.',
  // Lists of vouchers.
  'Vouchers by status:': 'القسائم حسب حالتها:',
  'Vouchers read so far: {n}': 'القسائم المقروءة حتى الآن: {n}',
  // Letters of an SMS.
  'These letters reduce an SMS from 160 to 70 characters:':
    'تقلل هذه الأحرف سعة الرسالة القصيرة من 160 إلى 70 حرفًا:',
  'Replace letters': 'استبدال الأحرف',
  'Replaced.': 'تم الاستبدال.',
  // The page of components.
  'Components': 'المكونات',
  'Every shared component in each of its states. Switch the colours in the header.':
    'كل مكون مشترك في كل حالاته. بدّل الألوان من الأعلى.',
  'Narrow': 'ضيق',
  'Right to left': 'من اليمين إلى اليسار',
  'Profit': 'الربح',
  'Show what loads': 'إظهار ما يُحمَّل',
  'Open a dialog': 'فتح مربع حوار',
}
