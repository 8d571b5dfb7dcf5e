// Holds the Arabic of approvals, costs, edits, exposure and several vouchers on one order.

export const arGovernance: Record<string, string> = {
  'A customer without a zone is in that of the phone’s country':
    'العميل الذي لا منطقة زمنية له يتبع منطقة بلد هاتفه',
  'a property': 'خاصية',
  'A percentage is of': 'تُحسب النسبة من',
  'Agree to campaigns over a threshold that others wrote':
    'الموافقة على حملات كتبها آخرون فوق الحد',
  'An approver who did not write it agrees here; any edit asks anew. Lower caps need nobody.':
    'يوافق هنا معتمِد لم يكتبها؛ وكل تعديل يتطلب موافقة جديدة. الحدود الأدنى لا تحتاج أحدًا.',
  'Approvals': 'الموافقات',
  'Approve': 'موافقة',
  'Approved by {name}': 'وافق عليها {name}',
  'Approved. It can start now.': 'تمت الموافقة. يمكنها أن تبدأ الآن.',
  'Ask somebody of the group approver.': 'اطلب من أحد أعضاء مجموعة approver.',
  'became': 'صار',
  'Before discounts and messages. What a campaign sold more counts so much in its profit.':
    'قبل الخصومات والرسائل. ما باعته الحملة زيادةً يُحسب في ربحها بهذا القدر.',
  'behind by': 'متأخر بـ',
  'Best and worst': 'الأفضل والأسوأ',
  'Change these settings and webhooks': 'تغيير هذه الإعدادات ونقاط الاستقبال',
  'Committed': 'ملتزم به',
  'Committed: can still be accepted. Firm: accepted, can still be redeemed. Both as of today. Spent and released in this period. Still to come: by the campaigns’ own curve, from 20 redemptions on.':
    'ملتزم به: ما زال يمكن قبوله. مؤكد: قُبل وما زال يمكن استخدامه. كلاهما حتى اليوم. المُنفَق والمُحرَّر في هذه الفترة. المتوقع: بحسب منحنى الحملات نفسها، ابتداءً من 20 استخدامًا.',
  'Costs': 'التكاليف',
  'Counting vouchers into the reports': 'عدّ القسائم في التقارير',
  'Currency': 'العملة',
  'Currency and time zone': 'العملة والمنطقة الزمنية',
  'Customers': 'العملاء',
  'Earned least': 'الأقل ربحًا',
  'Earned most': 'الأكثر ربحًا',
  'Empty: no matter how many.': 'فارغ: مهما كان العدد.',
  'Firm': 'مؤكد',
  'Fixed amounts': 'المبالغ الثابتة',
  'Free delivery always comes last.': 'التوصيل المجاني يأتي دائمًا أخيرًا.',
  'Groups': 'المجموعات',
  'is a number': 'هو عدد',
  'It may cost more than one person decides on.': 'قد تكلّف أكثر مما يقرره شخص واحد.',
  'It may reach more customers than one person decides on.':
    'قد تصل إلى عملاء أكثر مما يقرره شخص واحد.',
  'It needs an approval': 'تحتاج موافقة',
  'its days are those of the reports': 'أيامها أيام التقارير',
  'Its own quiet hours': 'ساعات الهدوء الخاصة بها',
  'Its secret was changed': 'غُيّر سرّها',
  'Last came round': 'آخر مرة عملت',
  'Looking after work that stands still': 'متابعة العمل المتوقف',
  'Make, change, clone, launch, pause and cancel campaigns':
    'إنشاء الحملات وتغييرها ونسخها وإطلاقها وإيقافها وإلغاؤها',
  'Margin': 'الهامش',
  'No campaign can be judged yet. It takes about 1,000 customers with a voucher and held out in one campaign, some of whom ordered.':
    'لا يمكن الحكم على أي حملة بعد. يلزم نحو 1,000 عميل بين حاصل على قسيمة ومستبعد في حملة واحدة، وقد طلب بعضهم.',
  'No discount takes more than the ones before it have left.':
    'لا يأخذ أي خصم أكثر مما أبقته الخصومات قبله.',
  'No quiet hours are set.': 'لم تُضبط ساعات هدوء.',
  'Nobody has set quiet hours yet, so these hold on every channel. They stay until an administrator saves others.':
    'لم يضبط أحد ساعات هدوء بعد، لذا تسري هذه على كل القنوات. وتبقى حتى يحفظ مسؤول غيرها.',
  'Not faster than the provider lets this account. Empty: as deployed, by the parameters {list}.':
    'لا أسرع مما يسمح به المزوّد لهذا الحساب. فارغ: كما نُشر، بالمعاملات {list}.',
  'Nothing is sent in the quiet hours of the settings, on each customer’s own clock: {list}.':
    'لا يُرسل شيء في ساعات الهدوء المضبوطة، بساعة كل عميل: {list}.',
  'Of a sale at full price so much is left': 'ما يبقى من البيع بالسعر الكامل',
  'One e-mail': 'بريد واحد',
  'One push message': 'إشعار واحد',
  'One SMS segment': 'جزء رسالة قصيرة واحد',
  'One that an administrator has listed as a test address.':
    'عنوان أدرجه مسؤول ضمن عناوين التجربة.',
  'Only vouchers of offers that combine go on the same order; each campaign says what its offer combines with.':
    'لا تجتمع على الطلب نفسه إلا قسائم العروض التي تجتمع معًا؛ وتحدد كل حملة ما يجتمع معه عرضها.',
  'Only the newest were looked at.': 'نُظر في الأحدث فقط.',
  'Orders, at least': 'الطلبات، على الأقل',
  'Over either of these an approver who did not write the campaign has to agree before it starts. What counts are the campaign’s own caps: without a cap it is over.':
    'فوق أي من هذين الحدّين يجب أن يوافق معتمِد لم يكتب الحملة قبل أن تبدأ. المعتبر حدود الحملة نفسها: وبلا حدّ فهي فوقه.',
  'Parts changed: {n}': 'الأجزاء المغيَّرة: {n}',
  'Percentages': 'النسب المئوية',
  'Place': 'المكان',
  'Quiet hours of its own, beside those of the settings':
    'ساعات هدوء خاصة بها، إلى جانب ساعات الإعدادات',
  'Released': 'مُحرَّر',
  'Removed.': 'أُزيل.',
  'Reports count by them, so they are part of the deployment. To change them, deploy with other values of the parameters {list}; amounts and days that are counted stay as they are.':
    'التقارير تحسب بهما، فهما جزء من النشر. لتغييرهما انشر بقيم أخرى للمعاملات {list}؛ وما عُدّ من مبالغ وأيام يبقى كما هو.',
  'Reports reckon with these, at once and for all periods. Empty: as deployed, shown in grey.':
    'تحسب التقارير بهذه فورًا ولكل الفترات. فارغ: كما نُشر، ويظهر بالرمادي.',
  'Send dead letters back; recount and repair counters':
    'إعادة الرسائل العالقة؛ وإعادة العدّ وإصلاح العدّادات',
  'Send tests; retry and drop pending triggers': 'إرسال التجارب؛ وإعادة المعلّقة وإسقاطها',
  'Sending what is due': 'إرسال ما حان',
  'Several vouchers': 'عدة قسائم',
  'Several vouchers on one order': 'عدة قسائم على طلب واحد',
  'Spent': 'مُنفَق',
  'Spent, at least': 'الإنفاق، على الأقل',
  'Still to come': 'المتوقع',
  'Taken off first': 'ما يُخصم أولًا',
  'The first three run each minute; counting runs when a voucher changes, and its delay is that of the last change.':
    'الثلاثة الأولى تعمل كل دقيقة؛ والعدّ يعمل عند تغيّر قسيمة، وتأخره تأخر آخر تغيّر.',
  'the one before counts for a day after that.': 'ويبقى السر السابق صالحًا ليوم بعدها.',
  'The original prices': 'الأسعار الأصلية',
  'The reduced prices': 'الأسعار المخفّضة',
  'The vertical they know': 'القطاع الذي يعرفونه',
  'The vertical to try': 'القطاع المراد تجربته',
  'These are addresses of people, so only administrators see them. A test can be sent to one that is listed by writing it in the wizard.':
    'هذه عناوين أشخاص، فلا يراها إلا المسؤولون. يمكن إرسال تجربة إلى عنوان مدرج بكتابته في المعالج.',
  'These are the hours of a new stack': 'هذه ساعات المنظومة الجديدة',
  'Time zone': 'المنطقة الزمنية',
  'Vouchers on one order, at most': 'القسائم على الطلب الواحد، على الأكثر',
  'What a message costs': 'تكلفة الرسالة',
  'What each group may do': 'ما تقدر عليه كل مجموعة',
  'What its vouchers can cost together. Empty: no matter how much.':
    'ما قد تكلّفه قسائمها مجتمعة. فارغ: مهما كان المبلغ.',
  'What runs by itself': 'ما يعمل من تلقاء نفسه',
  'What vouchers can still cost': 'ما قد تكلّفه القسائم بعد',
  'When a second person has to agree': 'متى يلزم شخص ثانٍ',
  'Where it starts: latitude, longitude': 'حيث يبدأ: خط العرض، خط الطول',
  'Where that country has one clock. Otherwise, and without this, the tenant’s zone holds: {zone}.':
    'إن كان لذلك البلد توقيت واحد. وإلا، ومن دون هذا الخيار، تسري منطقة المستأجر: {zone}.',
  'Whose day it is, for autopilots': 'من حان يومه للحملات التلقائية',
  'You are {name}': 'أنت {name}',
  'yours': 'مجموعتك',
  '{channel}: from its hour until the provider has it': '{channel}: من موعدها حتى تصل المزوّد',
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
  'Rotated': 'جُدِّد',
  'Rotation in progress': 'التجديد جارٍ',
  'The last use is up to an hour old. Keys are created, rotated and revoked with':
    'قد يكون آخر استخدام أقدم بساعة. تُنشأ المفاتيح وتُجدَّد وتُلغى باستخدام',
  'vouchers': 'القسائم',
}
