// Holds the Arabic of the reports: engagement, delivery, system health and lift.

import type { TranslationTable } from './i18n'

export const arReports: TranslationTable = {
  'Sending by channel': 'الإرسال حسب القناة',
  'Next try': 'المحاولة التالية',
  Cause: 'السبب',
  sending: 'قيد الإرسال',
  stopped: 'متوقف',
  '{n} of {of}': '{n} من {of}',
  'Resume sending': 'استئناف الإرسال',
  'While sending is stopped, messages wait: no customer loses one, and none is sent on another channel. It resumes by itself once a message gets through.':
    'ما دام الإرسال متوقفًا تنتظر الرسائل: لا يفقد أي عميل رسالة ولا تُرسل رسالة عبر قناة أخرى. ويُستأنف تلقائيًا حين تصل رسالة.',
  'Sending has stopped: {about}': 'توقف الإرسال: {about}',
  'Ask your system operator to fix the cause. Messages wait and are sent afterwards.':
    'اطلب من مشغّل النظام معالجة السبب. تنتظر الرسائل ثم تُرسل.',
  'Sending pauses: {about}': 'الإرسال متوقف مؤقتًا: {about}',
  'Nothing to do: it resumes by itself.': 'لا يلزم أي إجراء: يُستأنف تلقائيًا.',
  'the sender is not verified': 'المُرسِل غير موثّق',
  'the account is still in test mode': 'الحساب ما زال في وضع الاختبار',
  'the provider has paused the account': 'أوقف المزوّد الحساب مؤقتًا',
  'the account is suspended': 'الحساب معلّق',
  'a permission is missing': 'إذن ناقص',
  'the credentials were refused': 'رُفضت بيانات الاعتماد',
  'a setting at the provider is missing': 'إعداد ناقص لدى المزوّد',
  'the push service is switched off': 'خدمة الإشعارات معطّلة',
  'no sender number or name': 'لا يوجد رقم أو اسم للمُرسِل',
  'an encryption key cannot be used': 'مفتاح تشفير لا يمكن استخدامه',
  'the monthly spending limit is reached': 'بلغ الإنفاق الشهري حدّه',
  'the daily quota is used up': 'استُنفدت الحصة اليومية',
  'too many messages failed': 'أخفقت رسائل كثيرة',
  'The groups aren’t comparable, so nothing is claimed.':
    'لا يمكن مقارنة المجموعتين، ولذلك لا يُستنتج شيء.',
  'About {n} more customers could change this to “{verdict}”.':
    'قد يغيّر نحو {n} عميلًا إضافيًا هذا الحكم إلى «{verdict}».',
  'At the current pace, they are reached by {day}.': 'بالوتيرة الحالية يُبلغ هذا العدد حتى {day}.',
  'The variants aren’t as large as their shares. Find the cause before you compare them.':
    'أحجام النسخ لا توافق حصصها. ابحث عن السبب قبل مقارنتها.',
  '{name} earns more than every other variant.': '{name} تربح أكثر من كل نسخة أخرى.',
  '{name} earns more than it costs. Whether it is the best isn’t known yet.':
    '{name} تربح أكثر مما تكلف، ولم يُعرف بعد إن كانت الأفضل.',
  '{name} costs more than it earns.': '{name} تكلف أكثر مما تربح.',
  'Nothing is shown yet. {name} leads so far.': 'لم يثبت شيء بعد. {name} متقدمة حتى الآن.',
  'Variant': 'النسخة',
  'Variants': 'النسخ',
  'Profit over time': 'الربح مع الوقت',
  'Without a control group, variants are compared only with each other.':
    'بلا مجموعة ضابطة تُقارن النسخ بعضها ببعض فقط.',
  'The intervals hold however often you look.': 'تصح المجالات مهما تكررت المراجعة.',
  '95 of 100': '95 من 100',
  '95 of 100 within {time}': '95 من 100 خلال {time}',
  '99 of 100': '99 من 100',
  'A campaign that is good in several verticals counts in each.':
    'الحملة الصالحة في عدة قطاعات تُحسب في كل منها.',
  'A queue is stalled: {about}': 'طابور متوقف: {about}',
  'About {n} more customers would make it clear.': 'نحو {n} عميلًا إضافيًا يوضح الأمر.',
  'can still be redeemed': 'ما زال يمكن استخدامها',
  'as in the period before': 'كما في الفترة السابقة',
  'The same as in the previous period.': 'كما في الفترة السابقة.',
  'When a campaign sends, each channel is listed here with the results of its messages.':
    'حين ترسل حملة تُدرج هنا كل قناة بنتائج رسائلها.',
  'Ask your system operator to check its timer and the watchdog.':
    'اطلب من مشغّل النظام فحص مؤقّته وعملية المراقبة.',
  'Ask your system operator to check the function that reads it.':
    'اطلب من مشغّل النظام فحص الدالة التي تقرؤه.',
  '{n} rows differed at that time; ongoing traffic causes some.':
    'اختلفت {n} صفوف في ذلك الوقت؛ وتسبب الحركة الجارية بعضها.',
  'Attempts': 'المحاولات',
  'Attempts: {n}': 'المحاولات: {n}',
  'Attempts to send: all of them are in delivery.': 'محاولات الإرسال: جميعها في تقرير التسليم.',
  'previously: {n}%': 'سابقًا: {n}%',
  'previously: {time}': 'سابقًا: {time}',
  'Below each number: the drop-off since the previous stage.':
    'تحت كل رقم: التوقف منذ المرحلة السابقة.',
  'between {low} and {high}': 'بين {low} و{high}',
  'Bounced': 'ارتدّت',
  'By campaign': 'حسب الحملة',
  'By channel': 'حسب القناة',
  'By day': 'حسب اليوم',
  'By vertical': 'حسب القطاع',
  'calendars of autopilots': 'تقاويم الحملات التلقائية',
  'Target by behaviour, as the playbooks do, and compare its effect with its cost in Campaign performance.':
    'استهدف بحسب السلوك كما تفعل النماذج الجاهزة، وقارن أثرها بتكلفتها في أداء الحملات.',
  'choosing customers': 'اختيار العملاء',
  'Issued, not accepted': 'صدرت ولم تُقبل',
  'Compare the minimum basket with usual baskets, extend the validity, or send a reminder.':
    'قارن الحد الأدنى للسلة بالسلال المعتادة، أو مدّد الصلاحية، أو أرسل تذكيرًا.',
  'Compared with {from} – {to}, as many days before.':
    'مقارنةً بـ {from} – {to}، العدد نفسه من الأيام قبلها.',
  'comparing': 'تجري المقارنة',
  'Complained': 'شكاوى',
  'Approximate, as counted by SQS.': 'تقريبي، بعدّ SQS.',
  'Counters': 'العدادات',
  'counting': 'يجري العد',
  'Customer engagement': 'تفاعل العملاء',
  'Customers': 'العملاء',
  'declined, expired or revoked': 'رُفضت أو انتهت أو سُحبت',
  'Delivery': 'التسليم',
  'Do the counters agree with the records?': 'هل تتفق العدادات مع السجلات؟',
  'Due': 'مستحق',
  'Due by now': 'مستحق حتى الآن',
  'E-mails to send': 'رسائل بريد للإرسال',
  'each': 'لكل عميل',
  'Each queue': 'كل طابور',
  'every': 'كل قطاع',
  'Every customer gets the same offer, so most discounts go to customers who would have bought anyway':
    'كل عميل يحصل على العرض نفسه، فأكثر الخصومات تذهب لمن كانوا سيشترون على أي حال',
  'Exposure: the most it can cost': 'الالتزام: أقصى ما قد تكلّفه',
  'failed, bounced or no answer': 'فشلت أو ارتدّت أو بلا رد',
  'Failures, by reason': 'الإخفاقات حسب السبب',
  'Accepted, not redeemed': 'قُبلت ولم تُستخدم',
  'failed for good': 'فشلت نهائيًا',
  'goes well': 'تسير جيدًا',
  'Got a voucher': 'حصلوا على قسيمة',
  'Half accept within': 'يقبل نصفهم خلال',
  'Half are with the provider within {time}.': 'نصفها لدى المزوّد خلال {time}.',
  'Half redeem within': 'يستخدم نصفهم خلال',
  'half within': 'نصفها خلال',
  'High acceptance, low redemption': 'قبول مرتفع واستخدام منخفض',
  'The funnel from issue to redemption: how long it takes, and where customers drop off.':
    'القمع من الإصدار إلى الاستخدام: كم يستغرق، وأين يتوقف العملاء.',
  'How long customers take': 'كم يستغرق العملاء',
  'How long it takes': 'كم يستغرق ذلك',
  'In 28 days': 'خلال 28 يومًا',
  'In short': 'باختصار',
  'In this period': 'في هذه الفترة',
  'can still be accepted': 'ما زال يمكن قبولها',
  'Messages are delivered, but few customers accept': 'تصل الرسائل لكن قليلًا من العملاء يقبلون',
  'It cost more than it earned, with statistical significance.':
    'كلّفت أكثر مما ربحت، بدلالة إحصائية.',
  'It earned more than it cost, with statistical significance.':
    'ربحت أكثر مما كلّفت، بدلالة إحصائية.',
  'It roughly pays for itself. The difference is not statistically significant.':
    'تغطي كلفتها تقريبًا. الفرق بلا دلالة إحصائية.',
  'late by': 'متأخر بـ',
  'Check the subject and first line, the minimum basket, and the other open offers of these customers.':
    'راجع الموضوع والسطر الأول والحد الأدنى للسلة وما لدى هؤلاء العملاء من عروض مفتوحة أخرى.',
  'Drop-off': 'التوقف',
  'Many are skipped: opted out, without consent, or over a cap':
    'يُتخطّى كثيرون: ألغوا الاشتراك أو بلا موافقة أو فوق حد',
  'matches of autopilots, due': 'مطابقات تلقائية مستحقة',
  'Messages by day': 'الرسائل حسب اليوم',
  'Messages are sent but not delivered': 'تُرسل الرسائل ولا تُسلّم',
  'Jobs failed: {about}': 'مهام فشلت: {about}',
  'Most drop-off is before sending: a slow or failing channel, or customers without one.':
    'أكثر التوقف قبل الإرسال: قناة بطيئة أو متعثّرة، أو عملاء بلا قناة.',
  'Most drop-off is in delivery: outdated addresses, or a provider that rejects messages.':
    'أكثر التوقف في التسليم: عناوين قديمة، أو مزوّد يرفض الرسائل.',
  'Most often: {reason} ({n})': 'الأكثر تكرارًا: {reason} ({n})',
  'No answer': 'بلا رد',
  'No counter has drifted. Rows compared: {n}': 'لم ينحرف أي عداد. الصفوف المقارنة: {n}',
  'No message in this period': 'لا رسائل في هذه الفترة',
  'No numbers on these days.': 'لا أرقام في هذه الأيام.',
  'There is no control group to compare with. Set one for the next campaign.':
    'لا مجموعة ضابطة للمقارنة. حدّد واحدة للحملة التالية.',
  'Not processed': 'لم تُعالَج',
  'not yet': 'ليس بعد',
  'There is not enough data yet.': 'لا بيانات كافية بعد.',
  'Nothing has been recounted yet. It is done each night.': 'لم يُعَد العد بعد. يجري كل ليلة.',
  'Nothing is overdue.': 'لا شيء متأخر.',
  'Profit assumes a {n}% margin. Change it in Settings → Costs.':
    'يفترض الربح هامش {n}%. غيّره في الإعدادات ← التكاليف.',
  '{n} of every 100 issued vouchers were redeemed.': 'استُخدمت {n} من كل 100 قسيمة صدرت.',
  'of attempts': 'من المحاولات',
  'of orders with a voucher': 'من الطلبات التي فيها قسيمة',
  'Share of first stage': 'من المرحلة الأولى',
  'Open vouchers are expected to cost about {cost}, in {n} redemptions.':
    'يُتوقع أن تكلّف القسائم المفتوحة نحو {cost} عبر {n} استخدامًا.',
  '{share} of vouchers at stage “{stage}” go no further.':
    '{share} من القسائم في مرحلة «{stage}» لا تتقدم.',
  'ordered': 'طلبوا',
  'Orders': 'الطلبات',
  'Period': 'الفترة',
  'Incremental profit': 'الربح الإضافي',
  'incremental profit: {value}, {bounds}': 'الربح الإضافي: {value}، {bounds}',
  'Push messages to send': 'إشعارات للإرسال',
  'Postponed': 'أُجّلت',
  'Postponed, will be retried': 'أُجّلت وستُعاد',
  'Queue': 'الطابور',
  'Queues': 'الطوابير',
  'Queues are processed, nothing has failed or stalled.': 'الطوابير تُعالَج، ولم يفشل أو يتوقف شيء.',
  'See the reasons in Failed jobs, fix the cause, then retry them.':
    'انظر الأسباب في المهام الفاشلة، وأصلح السبب، ثم أعد المحاولة.',
  'Reason': 'السبب',
  'Recount now': 'إعادة العد الآن',
  'redeemed': 'استُخدمت',
  'redeemed of issued': 'المستخدمة من الصادرة',
  'redeemed of sent': 'المستخدمة من المرسلة',
  'Refused': 'رُفضت',
  'Refused or bounced': 'رُفضت أو ارتدّت',
  'Expired or revoked': 'انتهت أو سُحبت',
  'Repair the counters': 'إصلاح العدادات',
  'Repaired': 'أُصلح',
  'Revenue and cost by day, {currency}': 'الإيراد والتكلفة حسب اليوم، {currency}',
  'Incremental revenue': 'الإيراد الإضافي',
  'Accurate to about 40%, because times are counted in steps.':
    'دقيقة بنحو 40%، لأن الأزمنة تُعدّ على درجات.',
  'Rows repaired: {n}': 'الصفوف التي أُصلحت: {n}',
  'See bounces in delivery; find out where these addresses come from.':
    'انظر الارتدادات في التسليم؛ واعرف مصدر هذه العناوين.',
  'See the failures by reason in delivery, and what waits in pending triggers.':
    'انظر الإخفاقات حسب السبب في التسليم، وما ينتظر في المحفّزات المعلّقة.',
  'See the skip reasons on the campaign’s page, and compare its channels with these customers’ consents.':
    'انظر أسباب التخطي في صفحة الحملة، وقارن قنواتها بموافقات هؤلاء العملاء.',
  'vs. previous period': 'مقارنةً بالفترة السابقة',
  'SMS to send': 'رسائل قصيرة للإرسال',
  'Some of their 28 days are still to come: until {day} this is the state so far.':
    'بعض أيامهم الـ28 لم تأتِ بعد: حتى {day} هذه هي الحال إلى الآن.',
  'Something has stalled': 'توقف شيء ما',
  'Action needed': 'يلزم إجراء',
  'System health': 'صحة النظام',
  'Lower than in the previous period ({share}).': 'أقل من الفترة السابقة ({share}).',
  'Higher than in the previous period ({share}).': 'أعلى من الفترة السابقة ({share}).',
  'The empty ones too': 'والفارغة أيضًا',
  'the oldest': 'الأقدم',
  'The provider often does not answer: {share} of the attempts.':
    'كثيرًا ما لا يردّ المزوّد: {share} من المحاولات.',
  'The system is healthy': 'النظام سليم',
  'One group is too small: each needs at least 100 customers.':
    'إحدى المجموعتين صغيرة: يلزم 100 عميل على الأقل في كل منهما.',
  'There are too few redemptions for a forecast.': 'الاستخدامات أقل من أن تسمح بتوقع.',
  'There is more than is shown.': 'هناك أكثر مما يُعرض.',
  'Too few vouchers to show where customers drop off.': 'القسائم أقل من أن تبيّن أين يتوقف العملاء.',
  'Too few have ordered since: each group needs at least 20.':
    'قليل منهم طلب منذئذ: يلزم 20 على الأقل في كل مجموعة.',
  'too few to say': 'أقل من أن يُحكم',
  'Too many addresses bounce: {share}. Providers stop senders for this.':
    'عناوين كثيرة ترتد: {share}. يوقف المزوّدون المرسلين لهذا.',
  'Too many are refused: {share} of the attempts.': 'يُرفض الكثير: {share} من المحاولات.',
  'Too many complaints: {share}. Providers stop senders for this.':
    'شكاوى كثيرة: {share}. يوقف المزوّدون المرسلين لهذا.',
  'Vouchers are issued but no message is sent': 'تصدر القسائم ولا تُرسل رسالة',
  'Vouchers by day': 'القسائم حسب اليوم',
  'Way': 'الطريق',
  'week of {day}': 'أسبوع {day}',
  'Results': 'النتائج',
  'Work of paused campaigns stays due until they are resumed.':
    'يبقى عمل الحملات الموقوفة مستحقًا حتى تُستأنف.',
  'Spending varies too much for a group of this size.': 'الإنفاق متفاوت جدًا لمجموعة بهذا الحجم.',
  'What differed': 'ما اختلف',
  'The two sides are uneven': 'المجموعتان غير متوازنتين',
  'The control group has {n} customers where about {expected} were expected. This is unlikely to be chance: find the cause before you trust the comparison.':
    'في المجموعة الضابطة {n} من العملاء بينما كان المتوقع نحو {expected}. يصعب أن يكون هذا صدفة: اعرف السبب قبل أن تثق بالمقارنة.',
  'Incremental effect': 'الأثر الإضافي',
  'See campaign performance': 'عرض أداء الحملات',
  'How providers handled your messages: accepted, failed and why, and how long it takes.':
    'كيف تعامل المزوّدون مع رسائلك: المقبولة والفاشلة وأسبابها وكم يستغرق ذلك.',
  'What went wrong, by day': 'ما تعثّر حسب اليوم',
  'Where customers drop off': 'أين يتوقف العملاء',
  'The health of the system. Queues and overdue work are shown as of now; daily numbers follow the period.':
    'سلامة النظام. الطوابير والعمل المتأخر بحالها الآن؛ والأرقام اليومية تتبع الفترة.',
  'Work': 'العمل',
  'Processing continues, but some jobs failed. See Failed jobs.':
    'المعالجة مستمرة، لكن بعض المهام فشلت. انظر المهام الفاشلة.',
  'A recovery job is not running: {about}': 'مهمة استرداد لا تعمل: {about}',
  'A queue or a job has stalled. Nothing is lost, but customers are waiting.':
    'توقف طابور أو مهمة. لا يضيع شيء، لكن العملاء ينتظرون.',
  '{channel}: from there to the customer': '{channel}: ومنه إلى العميل',
  '{channel}: until the provider has it': '{channel}: حتى يستلمها المزوّد',
  '{n}% accepted': 'قُبل {n}%',
  '{n} counters are wrong by the same amount as the time before: that is drift.':
    '{n} عدادات خاطئة بالمقدار نفسه كالمرة السابقة: هذا انحراف.',
  '{n} of {of} vouchers were redeemed, on orders worth {revenue}, for {cost}.':
    'استُخدمت {n} من {of} قسيمة، في طلبات بقيمة {revenue}، مقابل {cost}.',
  '{own}% reach this stage, compared with {others}% in your other campaigns.':
    'يصل إلى هذه المرحلة {own}%، مقارنةً بـ {others}% في حملاتك الأخرى.',
  '“Delivered” is what the provider says; some never do. A put-off message is tried again.':
    '«سُلّمت» هي كلمة المزوّد؛ وبعضهم لا يقولها. والرسالة المؤجَّلة تُعاد.',
  'Today, of the daily limit': 'اليوم، من الحد اليومي',
  'Daily limit reached: {about}': 'بلغ الحد اليومي: {about}',
  'Nothing to do: the other messages are sent from the next day on.':
    'لا يلزم أي إجراء: تُرسل بقية الرسائل ابتداءً من اليوم التالي.',
}
