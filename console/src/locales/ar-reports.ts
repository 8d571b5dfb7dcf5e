// Holds the Arabic of the reports: engagement, delivery, system health and lift.

export const arReports: Record<string, string> = {
  '95 of 100': '95 من 100',
  '95 of 100 within {time}': '95 من 100 خلال {time}',
  '99 of 100': '99 من 100',
  'A campaign that is good in several verticals counts in each.':
    'الحملة الصالحة في عدة قطاعات تُحسب في كل منها.',
  'A queue is not emptied: {about}': 'طابور لا يُفرَّغ: {about}',
  'About {n} more customers would make it clear.': 'نحو {n} عميلًا إضافيًا يوضح الأمر.',
  'accepted, can still be redeemed': 'قُبلت ويمكن استخدامها',
  'as in the period before': 'كما في الفترة السابقة',
  'As many as in the period before.': 'مثل الفترة السابقة.',
  'As soon as a campaign sends, each channel is listed here with what became of its messages.':
    'ما إن ترسل حملة حتى تُدرج هنا كل قناة ومآل رسائلها.',
  'Ask whoever operates the system to look at its clock and at the sweep.':
    'اطلب من مشغّل النظام أن يفحص ساعته وعملية الكنس.',
  'Ask whoever operates the system to look at the function that reads it.':
    'اطلب من مشغّل النظام أن يفحص الدالة التي تقرؤه.',
  'At that moment {n} rows were not the same; traffic makes some.':
    'في تلك اللحظة لم تتطابق {n} صفوف؛ وبعضها من الحركة.',
  'Attempts': 'المحاولات',
  'Attempts: {n}': 'المحاولات: {n}',
  'Attempts to send: all of them are in delivery.': 'محاولات الإرسال: جميعها في تقرير التسليم.',
  'before: {n} %': 'سابقًا: {n} %',
  'before: {time}': 'سابقًا: {time}',
  'Below each number: what is lost since the stage before.':
    'تحت كل رقم: ما فُقد منذ المرحلة السابقة.',
  'between {low} and {high}': 'بين {low} و{high}',
  'Bounced': 'ارتدّت',
  'By campaign': 'حسب الحملة',
  'By channel': 'حسب القناة',
  'By day': 'حسب اليوم',
  'By vertical': 'حسب القطاع',
  'calendars of autopilots': 'تقاويم الحملات التلقائية',
  'Choose by what customers did, as a playbook does, and hold what it caused against its cost in campaign performance.':
    'اختر بحسب ما فعله العملاء، كما يفعل نموذج جاهز، وقارن ما سببته بتكلفتها في أداء الحملات.',
  'choosing customers': 'اختيار العملاء',
  'Committed': 'ملتزم به',
  'Compare the minimum basket with usual baskets, give it more time, or remind.':
    'قارن الحد الأدنى للسلة بالسلال المعتادة، أو امنح وقتًا أطول، أو ذكّر.',
  'Compared with {from} – {to}, as many days before.':
    'مقارنةً بـ {from} – {to}، العدد نفسه من الأيام قبلها.',
  'comparing': 'تجري المقارنة',
  'Complained': 'شكاوى',
  'Counted by SQS, about.': 'بعدّ SQS التقريبي.',
  'Counters': 'العدادات',
  'counting': 'يجري العد',
  'Customer engagement': 'تفاعل العملاء',
  'Customers': 'العملاء',
  'declined, run out or taken back': 'رُفضت أو انتهت أو سُحبت',
  'Delivery': 'التسليم',
  'Do the counters agree with the records?': 'هل تتفق العدادات مع السجلات؟',
  'Due': 'مستحق',
  'Due by now': 'مستحق حتى الآن',
  'E-mails to send': 'رسائل بريد للإرسال',
  'each': 'لكل عميل',
  'Each queue': 'كل طابور',
  'every': 'كل قطاع',
  'Every customer gets the same offer: that is a coupon, and most of whom it pays would have bought anyway':
    'كل عميل يحصل على العرض نفسه: هذا كوبون، ومعظم من يُدفع لهم كانوا سيشترون على أي حال',
  'Exposure: the most it can cost': 'الالتزام: أقصى ما قد تكلّفه',
  'failed, bounced or no answer': 'فشلت أو ارتدّت أو بلا رد',
  'Failures, by reason': 'الإخفاقات حسب السبب',
  'Firm': 'مؤكد',
  'given up': 'تُخلّي عنها',
  'goes well': 'تسير جيدًا',
  'Got a voucher': 'حصلوا على قسيمة',
  'Half accept within': 'يقبل نصفهم خلال',
  'Half are with the provider within {time}.': 'نصفها لدى المزوّد خلال {time}.',
  'Half redeem within': 'يستخدم نصفهم خلال',
  'half within': 'نصفها خلال',
  'High acceptance, low redemption: value or validity':
    'قبول مرتفع واستخدام منخفض: القيمة أو الصلاحية',
  'How far vouchers come, from issue to redemption, how long it takes, and where they get lost.':
    'إلى أين تصل القسائم من الإصدار إلى الاستخدام، وكم يستغرق ذلك، وأين تضيع.',
  'How long customers take': 'كم يستغرق العملاء',
  'How long it takes': 'كم يستغرق ذلك',
  'In 28 days': 'خلال 28 يومًا',
  'In short': 'باختصار',
  'In this period': 'في هذه الفترة',
  'issued, can still be accepted': 'صدرت ويمكن قبولها',
  'It arrives, and the offer is not taken': 'تصل، ولا يُؤخذ العرض',
  'It cost more than it brought, and that is more than chance.':
    'كلّفت أكثر مما جلبت، وليس ذلك مصادفة.',
  'It earned more than it cost, and that is more than chance.':
    'ربحت أكثر مما كلّفت، وليس ذلك مصادفة.',
  'It pays for itself, more or less; the numbers do not speak against it.':
    'تغطي كلفتها تقريبًا؛ ولا تقول الأرقام ما يخالف ذلك.',
  'late by': 'متأخر بـ',
  'Look at subject and first line, at the minimum basket, and at what else these customers have open.':
    'انظر الموضوع والسطر الأول والحد الأدنى للسلة وما لدى هؤلاء العملاء من عروض مفتوحة أخرى.',
  'lost here': 'فُقد هنا',
  'Many are skipped: opted out, without consent, or over a cap':
    'يُتخطّى كثيرون: ألغوا الاشتراك أو بلا موافقة أو فوق حد',
  'matches of autopilots, due': 'مطابقات تلقائية مستحقة',
  'Messages by day': 'الرسائل حسب اليوم',
  'Messages go out and do not arrive': 'تخرج الرسائل ولا تصل',
  'Messages were given up: {about}': 'رسائل تُخلّي عنها: {about}',
  'Most is lost before sending: a slow or failing channel, or customers without one.':
    'يضيع أكثرها قبل الإرسال: قناة بطيئة أو متعثّرة، أو عملاء بلا قناة.',
  'Most is lost on the way: old addresses, or a provider that refuses.':
    'يضيع أكثرها في الطريق: عناوين قديمة أو مزوّد يرفض.',
  'Most often: {reason} ({n})': 'الأكثر تكرارًا: {reason} ({n})',
  'No answer': 'بلا رد',
  'No counter has drifted. Rows compared: {n}': 'لم ينحرف أي عداد. الصفوف المقارنة: {n}',
  'No message in this period': 'لا رسائل في هذه الفترة',
  'No numbers on these days.': 'لا أرقام في هذه الأيام.',
  'Nobody is held out, so there is nothing to compare with. Hold some out the next time.':
    'لم يُستبعد أحد، فلا شيء يُقارن به. استبعد بعضهم في المرة القادمة.',
  'Not processed': 'لم تُعالَج',
  'not yet': 'ليس بعد',
  'Nothing can be said yet.': 'لا يمكن قول شيء بعد.',
  'Nothing has been recounted yet. It is done each night.': 'لم يُعَد العد بعد. يجري كل ليلة.',
  'Nothing is due: all has been taken up.': 'لا شيء مستحق: أُخذ كل العمل.',
  'Of 100 of revenue {n} are counted as margin.': 'من كل 100 إيراد يُحسب {n} هامشًا.',
  'Of 100 vouchers that were issued, {n} were redeemed.': 'من كل 100 قسيمة صدرت استُخدمت {n}.',
  'of attempts': 'من المحاولات',
  'of orders with a voucher': 'من الطلبات التي فيها قسيمة',
  'of the first': 'من الأولى',
  'Of what is open about {cost} will be spent, by {n} redemptions.':
    'مما هو مفتوح سيُنفق نحو {cost} عبر {n} استخدامًا.',
  'Of what was {stage}, {share} goes no further.': 'من {stage} لا تتقدم {share}.',
  'ordered': 'طلبوا',
  'Orders': 'الطلبات',
  'Period': 'الفترة',
  'Profit it caused': 'الربح الذي سببته',
  'profit it caused: {value}, {bounds}': 'الربح الذي سببته: {value}، {bounds}',
  'Push messages to send': 'إشعارات للإرسال',
  'Put off': 'أُجّلت',
  'Put off, tried again': 'أُجّلت وتُعاد',
  'Queue': 'الطابور',
  'Queues': 'الطوابير',
  'Queues are emptied, nothing was given up, nothing stands still.':
    'الطوابير تُفرَّغ، ولم يُتخلَّ عن شيء، ولا شيء متوقف.',
  'Read their reasons in dead letters, mend the cause, then send them back.':
    'اقرأ أسبابها في الرسائل العالقة، وأصلح السبب، ثم أعدها.',
  'Reason': 'السبب',
  'Recount now': 'إعادة العد الآن',
  'redeemed': 'استُخدمت',
  'redeemed of issued': 'المستخدمة من الصادرة',
  'redeemed of sent': 'المستخدمة من المرسلة',
  'Refused': 'رُفضت',
  'Refused or bounced': 'رُفضت أو ارتدّت',
  'Released': 'محرَّر',
  'Repair the counters': 'إصلاح العدادات',
  'Repaired': 'أُصلح',
  'Revenue and cost by day, {currency}': 'الإيراد والتكلفة حسب اليوم، {currency}',
  'Revenue it caused': 'الإيراد الذي سببته',
  'Right to about 40 percent: times are counted in steps.':
    'دقيقة بنحو 40 بالمئة: تُعدّ الأزمنة على درجات.',
  'Rows repaired: {n}': 'الصفوف التي أُصلحت: {n}',
  'See bounces in delivery; find out where these addresses come from.':
    'انظر الارتدادات في التسليم؛ واعرف مصدر هذه العناوين.',
  'See the failures by reason in delivery, and what waits in pending triggers.':
    'انظر الإخفاقات حسب السبب في التسليم، وما ينتظر في المحفّزات المعلّقة.',
  'See who got none and why on its page; compare its channels with what these customers allow.':
    'انظر في صفحتها من لم يحصل عليها ولماذا؛ وقارن قنواتها بما يسمح به هؤلاء العملاء.',
  'since before': 'منذ السابقة',
  'SMS to send': 'رسائل قصيرة للإرسال',
  'Some of their 28 days are still to come: until {day} this is the state so far.':
    'بعض أيامهم الـ28 لم تأتِ بعد: حتى {day} هذه هي الحال إلى الآن.',
  'Something stands still': 'شيء ما متوقف',
  'Something waits for a person': 'شيء ما ينتظر شخصًا',
  'Spent': 'منفق',
  'System health': 'صحة النظام',
  'That is less than in the period before: {share}.': 'هذا أقل من الفترة السابقة: {share}.',
  'That is more than in the period before: {share}.': 'هذا أكثر من الفترة السابقة: {share}.',
  'The empty ones too': 'والفارغة أيضًا',
  'the oldest': 'الأقدم',
  'The provider often does not answer: {share} of the attempts.':
    'كثيرًا ما لا يردّ المزوّد: {share} من المحاولات.',
  'The system does its work': 'النظام يؤدي عمله',
  'There are too few customers on one side: at least 100 on each are needed.':
    'العملاء في أحد الجانبين قليلون: يلزم 100 على الأقل في كل جانب.',
  'There are too few redemptions for a forecast.': 'الاستخدامات أقل من أن تسمح بتوقع.',
  'There is more than is shown.': 'هناك أكثر مما يُعرض.',
  'There is too little to say where it leaks.': 'الأعداد أقل من أن تبيّن أين يضيع.',
  'Too few of them have ordered since: at least 20 on each side are needed.':
    'قليل منهم طلب منذئذ: يلزم 20 على الأقل في كل جانب.',
  'too few to say': 'أقل من أن يُحكم',
  'Too many addresses bounce: {share}. Providers stop senders for this.':
    'عناوين كثيرة ترتد: {share}. يوقف المزوّدون المرسلين لهذا.',
  'Too many are refused: {share} of the attempts.': 'يُرفض الكثير: {share} من المحاولات.',
  'Too many complaints: {share}. Providers stop senders for this.':
    'شكاوى كثيرة: {share}. يوقف المزوّدون المرسلين لهذا.',
  'Vouchers are issued, and no message goes out': 'تصدر القسائم ولا تخرج رسالة',
  'Vouchers by day': 'القسائم حسب اليوم',
  'Way': 'الطريق',
  'week of {day}': 'أسبوع {day}',
  'What became of them': 'مآلها',
  'What belongs to paused campaigns stays due until they are resumed.':
    'ما يخص الحملات الموقوفة يبقى مستحقًا حتى تُستأنف.',
  'What customers spend differs too much for so few of them.':
    'إنفاق العملاء متفاوت جدًا على قلّتهم.',
  'What differed': 'ما اختلف',
  'The two sides are uneven': 'المجموعتان غير متوازنتين',
  '{n} customers were held out where about {expected} were to be expected. That is more than chance: do not trust the comparison before you know why.':
    'استُبعد {n} من العملاء للقياس بينما كان المتوقع نحو {expected}. هذا أكثر من الصدفة: لا تثق بالمقارنة قبل معرفة السبب.',
  'What it caused': 'ما سببته',
  'What it earned': 'ما كسبته',
  'What providers did with our messages: how many they took, why others failed, and how long it takes.':
    'ما فعله المزوّدون برسائلنا: كم قبلوا، ولماذا فشل غيرها، وكم يستغرق ذلك.',
  'What went wrong, by day': 'ما تعثّر حسب اليوم',
  'Where campaigns leak': 'أين تتسرّب الحملات',
  'Whether the system itself does its work. Queues and late work are as of now; the days follow the period.':
    'هل يؤدي النظام نفسه عمله. الطوابير والعمل المتأخر بحالها الآن؛ والأيام تتبع الفترة.',
  'Work': 'العمل',
  'Work goes on; some messages were given up and wait in dead letters.':
    'العمل مستمر؛ وتُخلّي عن بعض الرسائل وهي تنتظر في الرسائل العالقة.',
  'Work is not looked after: {about}': 'عمل لا يُتابَع: {about}',
  'Work is not taken up, or a queue is not emptied. Nothing is lost, but customers wait.':
    'عمل لا يُؤخذ، أو طابور لا يُفرَّغ. لا يضيع شيء، لكن العملاء ينتظرون.',
  '{channel}: from there to the customer': '{channel}: ومنه إلى العميل',
  '{channel}: until the provider has it': '{channel}: حتى يستلمها المزوّد',
  '{n} % taken': 'قُبل {n} %',
  '{n} counters are wrong by the same amount as the time before: that is drift.':
    '{n} عدادات خاطئة بالمقدار نفسه كالمرة السابقة: هذا انحراف.',
  '{n} of {of} vouchers were redeemed, on orders worth {revenue}, for {cost}.':
    'استُخدمت {n} من {of} قسيمة، في طلبات بقيمة {revenue}، مقابل {cost}.',
  '{own} % get that far here, {others} % in the other campaigns.':
    'يصل إلى هنا {own} %، وفي الحملات الأخرى {others} %.',
  '{title}: a chart; its numbers are in the table': '{title}: رسم بياني؛ أرقامه في الجدول',
  '“Delivered” is what the provider says; some never do. A put-off message is tried again.':
    '«سُلّمت» هي كلمة المزوّد؛ وبعضهم لا يقولها. والرسالة المؤجَّلة تُعاد.',
}
