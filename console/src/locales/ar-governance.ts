// Holds the Arabic of approvals, costs, edits, exposure and several vouchers on one order.

import type { TranslationTable } from './i18n'

export const arGovernance: TranslationTable = {
  'Use the phone’s country for customers without a time zone':
    'استخدام بلد الهاتف لمن لا منطقة زمنية له',
  'a property': 'خاصية',
  'Percentages apply to': 'تُطبَّق النسب على',
  'Approve campaigns above a threshold that others wrote':
    'الموافقة على حملات كتبها آخرون فوق الحد',
  'An approver who did not write it approves it here. Any edit needs a new approval. Below the threshold, no approval is needed.':
    'يوافق هنا معتمِد لم يكتبها. كل تعديل يحتاج موافقة جديدة. ودون العتبة لا تلزم موافقة.',
  'Approvals': 'الموافقات',
  'Approve': 'موافقة',
  'Approved by {name}': 'وافق عليها {name}',
  'Approved. It can start now.': 'تمت الموافقة. يمكنها أن تبدأ الآن.',
  'Ask someone in the approver group.': 'اطلب من أحد أعضاء مجموعة approver.',
  'became': 'صار',
  'Before discounts and message costs. Used to compute the profit of additional sales.':
    'قبل الخصومات وتكاليف الرسائل. يُستخدم لحساب ربح المبيعات الإضافية.',
  'behind by': 'متأخر بـ',
  'Best and worst': 'الأفضل والأسوأ',
  'Change settings and webhooks': 'تغيير الإعدادات ونقاط الاستقبال',
  'Open vouchers are as of today; redeemed, expired and revoked ones are of this period. Still to come is estimated from the campaigns’ own redemptions, from 20 on.':
    'القسائم المفتوحة حتى اليوم؛ والمستخدمة والمنتهية والمسحوبة في هذه الفترة. والمتوقع مقدّر من استخدامات الحملات نفسها، ابتداءً من 20.',
  'Costs': 'التكاليف',
  'Counting vouchers into the reports': 'عدّ القسائم في التقارير',
  'Currency': 'العملة',
  'Currency and time zone': 'العملة والمنطقة الزمنية',
  'Customers': 'العملاء',
  'Earned least': 'الأقل ربحًا',
  'Earned most': 'الأكثر ربحًا',
  'Leave blank for no threshold.': 'اتركه فارغًا بلا عتبة.',
  'Fixed amounts': 'المبالغ الثابتة',
  'Free delivery always comes last.': 'التوصيل المجاني يأتي دائمًا أخيرًا.',
  'Groups': 'المجموعات',
  'is a number': 'هو عدد',
  'Its possible cost is above the approval threshold.': 'تكلفتها الممكنة فوق عتبة الموافقة.',
  'It may reach more customers than the approval threshold.':
    'قد تصل إلى عملاء أكثر من عتبة الموافقة.',
  'Approval required': 'تلزم موافقة',
  'its days are those of the reports': 'أيامها أيام التقارير',
  'Quiet hours of this campaign': 'ساعات هدوء هذه الحملة',
  'Its secret was changed': 'غُيّر سرّها',
  'Last run': 'آخر تشغيل',
  'Recovering stalled work': 'استرداد العمل المتوقف',
  'Create, edit, clone, launch, pause and cancel campaigns':
    'إنشاء الحملات وتحريرها ونسخها وإطلاقها وإيقافها وإلغاؤها',
  'Margin': 'الهامش',
  'No campaign can be judged yet. A campaign needs about 1,000 customers, including a control group, and some orders.':
    'لا يمكن الحكم على أي حملة بعد. تحتاج الحملة نحو 1,000 عميل، بينهم مجموعة ضابطة، وبعض الطلبات.',
  'No discount takes more than the ones before it have left.':
    'لا يأخذ أي خصم أكثر مما أبقته الخصومات قبله.',
  'No quiet hours are set.': 'لم تُضبط ساعات هدوء.',
  'No quiet hours were saved yet, so these defaults apply on every channel until an administrator saves others.':
    'لم تُحفظ ساعات هدوء بعد، لذا تسري هذه الافتراضات على كل القنوات حتى يحفظ مسؤول غيرها.',
  'Stay within your provider’s limits. Leave blank for the default of the deployment ({list}).':
    'ابقَ ضمن حدود المزوّد. اتركه فارغًا لافتراضي النشر ({list}).',
  'Quiet hours from Settings apply, in each customer’s time zone: {list}.':
    'تسري ساعات الهدوء من الإعدادات بتوقيت كل عميل: {list}.',
  'Gross margin (%)': 'هامش الربح الإجمالي (%)',
  'One e-mail': 'بريد واحد',
  'One push message': 'إشعار واحد',
  'One SMS segment': 'جزء رسالة قصيرة واحد',
  'A test address from Settings.': 'عنوان تجريبي من الإعدادات.',
  'Only vouchers of offers that combine go on the same order; each campaign says what its offer combines with.':
    'لا تجتمع على الطلب نفسه إلا قسائم العروض التي تجتمع معًا؛ وتحدد كل حملة ما يجتمع معه عرضها.',
  'Only the newest were looked at.': 'نُظر في الأحدث فقط.',
  'Minimum orders': 'أقل عدد طلبات',
  'Above either threshold, an approver who did not write the campaign must approve it before it starts. The campaign’s own limits count: without a limit it needs approval.':
    'فوق أي من العتبتين يجب أن يوافق معتمِد لم يكتب الحملة قبل أن تبدأ. المعتبر حدود الحملة نفسها: وبلا حد تلزم الموافقة.',
  'Parts changed: {n}': 'الأجزاء المغيَّرة: {n}',
  'Percentages': 'النسب المئوية',
  'Add quiet hours for this campaign': 'إضافة ساعات هدوء لهذه الحملة',
  'Removed.': 'أُزيل.',
  'Reports count by them, so they are part of the deployment. To change them, deploy with other values of the parameters {list}; amounts and days that are counted stay as they are.':
    'التقارير تحسب بهما، فهما جزء من النشر. لتغييرهما انشر بقيم أخرى للمعاملات {list}؛ وما عُدّ من مبالغ وأيام يبقى كما هو.',
  'Used for every report, including past periods. Leave blank for the default (shown in grey).':
    'تُستخدم في كل تقرير بما فيه الفترات السابقة. اتركه فارغًا للافتراضي (يظهر بالرمادي).',
  'Retry failed jobs; recount and repair counters':
    'إعادة المهام الفاشلة؛ وإعادة العدّ وإصلاح العدّادات',
  'Upload images, send tests; retry and drop pending triggers':
    'رفع الصور وإرسال التجارب؛ وإعادة المحفّزات المعلّقة وإسقاطها',
  'Sending due messages': 'إرسال الرسائل المستحقة',
  'Several vouchers': 'عدة قسائم',
  'Several vouchers on one order': 'عدة قسائم على طلب واحد',
  'Minimum spend': 'أقل إنفاق',
  'Still to come': 'المتوقع',
  'Applied first': 'يُطبَّق أولًا',
  'The first three run each minute; counting runs when a voucher changes, and its delay is that of the last change.':
    'الثلاثة الأولى تعمل كل دقيقة؛ والعدّ يعمل عند تغيّر قسيمة، وتأخره تأخر آخر تغيّر.',
  'the previous one stays valid for a day after that.': 'ويبقى السر السابق صالحًا ليوم بعدها.',
  'Original prices': 'الأسعار الأصلية',
  'Reduced prices': 'الأسعار المخفّضة',
  'Vertical they already order from': 'القطاع الذي يطلبون منه',
  'Vertical to try': 'القطاع المراد تجربته',
  'Only administrators see the list, because it has people’s addresses. You can send a test to a listed address by typing it in the wizard.':
    'لا يرى القائمة إلا المديرون لأن فيها عناوين أشخاص. يمكنك إرسال تجربة إلى عنوان مدرج بكتابته في المعالج.',
  'Default quiet hours': 'ساعات الهدوء الافتراضية',
  'Time zone': 'المنطقة الزمنية',
  'Maximum vouchers per order': 'أقصى عدد قسائم على الطلب',
  'What a message costs': 'تكلفة الرسالة',
  'What each group may do': 'ما تقدر عليه كل مجموعة',
  'The most that its vouchers can cost together. Leave blank for no threshold.':
    'أقصى ما تكلّفه قسائمها معًا. اتركه فارغًا بلا عتبة.',
  'Background jobs': 'المهام الخلفية',
  'What vouchers can still cost': 'ما قد تكلّفه القسائم بعد',
  'When approval is required': 'متى تلزم الموافقة',
  'Latitude, longitude': 'خط العرض، خط الطول',
  'Applies to countries with a single time zone. In all other cases the default time zone is used: {zone}.':
    'يسري على البلدان ذات التوقيت الواحد. وفي غير ذلك تُستخدم المنطقة الافتراضية: {zone}.',
  'Autopilot schedules': 'جداول الحملات التلقائية',
  'You are {name}': 'أنت {name}',
  'yours': 'مجموعتك',
  '{channel}: from the scheduled time to the provider': '{channel}: من الموعد حتى المزوّد',
  '{n} of {of} campaigns of this period have enough customers to judge.':
    'لدى {n} من {of} حملة في هذه الفترة عملاء كافون للحكم.',
  '{n} redemptions': '{n} استخدامات',
  'API keys': 'مفاتيح الواجهة البرمجية',
  'by the deployment': 'مع النشر',
  'Created': 'أُنشئ',
  'customers': 'العملاء',
  'In use': 'قيد الاستخدام',
  'Key': 'المفتاح',
  'Last used': 'آخر استخدام',
  'May call': 'يمكنه استدعاء',
  'not used yet': 'لم يُستخدم بعد',
  'orders, carts, events': 'الطلبات والسلال والأحداث',
  'catalogue': 'الكتالوج',
  'Rotated': 'جُدِّد',
  'Rotation in progress': 'التجديد جارٍ',
  'Last use is updated hourly. Keys are created, rotated and revoked with':
    'يُحدَّث آخر استخدام كل ساعة. تُنشأ المفاتيح وتُجدَّد وتُلغى باستخدام',
  'vouchers': 'القسائم',
}
