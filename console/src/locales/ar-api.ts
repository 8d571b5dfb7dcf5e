// Holds the Arabic of what the API says: field problems, draft warnings, playbook advice, replay
// assumptions, causes and next steps.

export const arApi: Record<string, string> = {
  'A clock stands still: {about}': 'ساعة متوقفة: {about}',
  'a further channel: released next, at the channel’s rate': 'قناة أخرى: تُطلق تاليًا بسرعة القناة',
  'A lapse is twice the days between two orders, or so.':
    'يُعدّ العميل منقطعًا بعد ضعف ما بين طلبين من أيام تقريبًا.',
  'A letter in it makes each SMS shorter: 70 characters and not 160.':
    'فيها حرف يقصّر كل رسالة قصيرة: 70 حرفًا لا 160.',
  'a worker has it': 'لدى عامل',
  'All amounts of a campaign have one currency.': 'لكل مبالغ الحملة عملة واحدة.',
  'Ask whoever operates the system to look at the clock, the autopilot queue with its dead letters, and the log of scan-autopilot.':
    'اطلب ممّن يشغّل النظام أن ينظر في الساعة، وطابور الحملات التلقائية ورسائله العالقة، وسجل scan-autopilot.',
  'Ask whoever operates the system to look at the expansion queue with its dead letters, and the log of expand-audience.':
    'اطلب ممّن يشغّل النظام أن ينظر في طابور التوسيع ورسائله العالقة، وسجل expand-audience.',
  'Ask whoever operates the system to look at the log and the errors of aggregate-reports.':
    'اطلب ممّن يشغّل النظام أن ينظر في سجل aggregate-reports وأخطائها.',
  'Ask whoever operates the system to look at the rule that wakes it, its queue with the dead letters, and its log.':
    'اطلب ممّن يشغّل النظام أن ينظر في القاعدة التي توقظها، وطابورها ورسائله العالقة، وسجلها.',
  'Caps are not applied: hold `vouchers` and `exposure` against them.':
    'لا تُطبَّق الحدود: قارن بها عدد القسائم والالتزام.',
  'Counters are not what the vouchers say': 'العدّادات لا توافق القسائم',
  'Days before the birthday at which it comes, 0 to 60.':
    'كم يومًا قبل عيد الميلاد تصل، من 0 إلى 60.',
  'Days between two of its vouchers for one customer, 1 to 1,095.':
    'الأيام بين قسيمتين منها للعميل نفسه، من 1 إلى 1095.',
  'Days without an order after which it fires, 1 to 1,095.':
    'أيام بلا طلب تنطلق بعدها، من 1 إلى 1095.',
  'Find out where these addresses come from, then resume it: it is judged on what it sends from then on.':
    'ابحث عن مصدر هذه العناوين ثم استأنفها: يُحكم عليها بما ترسله من حينها.',
  'handed to its channel’s worker; if the message is lost, released again at that time':
    'سُلّمت لعامل قناتها؛ وإن ضاعت الرسالة تُطلق ثانية في ذلك الوقت',
  'How far from it customers are told, more than 0 and at most 20,000.':
    'إلى أي بُعد عنه يُبلَّغ العملاء، أكثر من 0 وبحد أقصى 20000.',
  'It is as if the autopilot had been enabled on the first day: vouchers that it has issued before are not asked for.':
    'كأن الحملة فُعّلت في اليوم الأول: لا يُسأل عن قسائم أصدرتها من قبل.',
  'It is so large that common mail programs cut it off.':
    'كبيرة إلى حد أن برامج البريد الشائعة تقتطعها.',
  'its campaign is over: nothing is sent, and it is closed at that time':
    'انتهت حملتها: لا يُرسل شيء، وتُغلق في ذلك الوقت',
  'its campaign is over: nothing is sent, and it is closed next':
    'انتهت حملتها: لا يُرسل شيء، وتُغلق تاليًا',
  'its campaign is paused': 'حملتها موقوفة مؤقتًا',
  'Its footer has no postal address, which several countries ask for: set it in the brand.':
    'ليس في تذييلها عنوان بريدي، وتشترطه عدة دول: اضبطه في العلامة.',
  'its hour is to come': 'لم تأتِ ساعتها بعد',
  'its worker did not come back: it is released again at that time':
    'لم يعد عاملها: تُطلق ثانية في ذلك الوقت',
  'Look at its audience in a clone: the sample says which part of the rule holds for nobody.':
    'انظر في جمهورها في نسخة منها: تبيّن العيّنة أي جزء من القاعدة لا ينطبق على أحد.',
  'Look at the differences below the recount of system health, then repair the counters.':
    'انظر في الفروق تحت إعادة العدّ في سلامة النظام، ثم أصلح العدّادات.',
  'Look at the provider’s status and the limits of the account, then resume it.':
    'انظر في حالة المزوّد وحدود الحساب ثم استأنفها.',
  'Look at whom it writes to and how often, then resume it: it is judged on what it sends from then on.':
    'انظر إلى من تكتب وكم مرة، ثم استأنفها: يُحكم عليها بما ترسله من حينها.',
  'looked at then: until that time it may be over': 'يُنظر فيها عندئذ: وقد تنتهي قبله',
  'More than one SMS is billed for each customer.': 'تُحسب أكثر من رسالة قصيرة لكل عميل.',
  'No event of this name was ever told: until one is, it fires for nobody.':
    'لم يُبلَّغ قط عن حدث بهذا الاسم: وإلى أن يُبلَّغ لا تنطلق لأحد.',
  'Nothing is written in this language.': 'لا شيء مكتوب بهذه اللغة.',
  'One in ten gets nothing, so that the effect can be measured.':
    'واحد من كل عشرة لا يحصل على شيء، ليُقاس الأثر.',
  'Orders are taken as told when they were placed.': 'تُعدّ الطلبات كأنها أُبلغ عنها عند تقديمها.',
  'Orders count as they stand now: one that was cancelled since never counted, a refund was always taken off.':
    'تُحسب الطلبات كما هي الآن: ما أُلغي بعدها كأنه لم يُحسب قط، وما رُدّ مخصوم دائمًا.',
  'planned within a minute': 'تُخطَّط خلال دقيقة',
  'Point and radius: how far the new merchants deliver.':
    'النقطة ونصف القطر: إلى أين توصّل المتاجر الجديدة.',
  'Profile, consent, suppression and address are as they are now.':
    'الملف والموافقة والحجب والعنوان كما هي الآن.',
  'put back by its worker: released again at that time': 'أعادها عاملها: تُطلق ثانية في ذلك الوقت',
  'Raise the caps, or end the campaign.': 'ارفع الحدود أو أنهِ الحملة.',
  'released next, at the channel’s rate': 'تُطلق تاليًا بسرعة القناة',
  'Replay it: if that matches, see whether orders and events still come in; if not, its rule is too narrow.':
    'أعد تشغيلها على الماضي: إن طابقت فانظر هل ما زالت الطلبات والأحداث ترد؛ وإلا فقاعدتها ضيّقة.',
  'Replay it, and compare its rule and what comes in with the weeks before.':
    'أعد تشغيلها على الماضي، وقارن قاعدتها وما يرد بالأسابيع السابقة.',
  'Resume it: what waits is sent then, as far as it is not too late for it.':
    'استأنفها: يُرسل عندئذ ما ينتظر، ما لم يفت أوانه.',
  'Say it in your own words, and add the languages of your customers.':
    'قلها بكلماتك، وأضف لغات عملائك.',
  'See the reasons in the delivery report; pause it until the provider answers.':
    'انظر الأسباب في تقرير التوصيل؛ وأوقفها مؤقتًا حتى يرد المزوّد.',
  'See the skips by reason in its diagnostics, and compare its channels with what these customers allow.':
    'انظر التخطيات بحسب السبب في تشخيصها، وقارن قنواتها بما يسمح به هؤلاء العملاء.',
  'See who matches in the list of its vouchers; pause it if that is not meant.':
    'انظر من تطابق في قائمة قسائمها؛ وأوقفها مؤقتًا إن لم يكن مقصودًا.',
  'Short, so that the first orders come in the first days.':
    'قصيرة، لتأتي الطلبات الأولى في الأيام الأولى.',
  'So many orders, at least.': 'هذا العدد من الطلبات على الأقل.',
  'So much spent in all of them, at least.': 'هذا القدر من الإنفاق فيها جميعًا على الأقل.',
  'The amounts are round ones in your currency, not ones from your margins: set benefit and minimum basket.':
    'المبالغ مدوّرة بعملتك لا مأخوذة من هوامشك: اضبط المنفعة والحد الأدنى للسلة.',
  'the attempt before was throttled or not answered': 'المحاولة السابقة أُجّلت أو بلا رد',
  'the channel before failed: released next, at the channel’s rate':
    'فشلت القناة السابقة: تُطلق تاليًا بسرعة القناة',
  'The days are the customers’ own, in the zone that they have now; each of them is over everywhere.':
    'الأيام أيام العملاء بمنطقتهم الزمنية الحالية؛ وكل منها قد انتهى في كل مكان.',
  'There are no words for an offer in this language: it is named in English.':
    'لا توجد عبارات للعرض بهذه اللغة: يظهر العرض بالإنجليزية.',
  'It names the last day to redeem, and the offer has to be accepted before: use accept_by.':
    'تذكر الرسالة آخر يوم للاستخدام، مع أن العرض يجب قبوله قبل ذلك: استخدم accept_by.',
  'The draft is not complete yet: a part of what is shown is made up.':
    'المسودة غير مكتملة بعد: جزء مما يظهر مفترض.',
  'The end is before the start.': 'النهاية قبل البداية.',
  'The groups are nested too deep.': 'المجموعات متداخلة أكثر مما ينبغي.',
  'The hour of the customer’s day at which it comes.': 'ساعة يوم العميل التي تصل فيها.',
  'the message before bounced: the next channel, released next, at the channel’s rate':
    'ارتدّت الرسالة السابقة: القناة التالية، تُطلق تاليًا بسرعة القناة',
  'the provider did not answer: repeated at that time, unless an event says what became of it':
    'لم يردّ المزوّد: تُعاد في ذلك الوقت ما لم يبيّن حدث مآلها',
  'the provider did not answer: an SMS is not repeated; the next channel follows at that time, if the campaign has one and asks for it':
    'لم يردّ المزوّد: الرسالة القصيرة لا تُعاد، وتليها القناة التالية في ذلك الوقت إن كانت للحملة قناة تالية وطلبت ذلك',
  'the provider did not answer: not repeated once more; the next channel follows at that time, if the campaign has one and asks for it':
    'لم يردّ المزوّد: لا تُعاد مرة أخرى، وتليها القناة التالية في ذلك الوقت إن كانت للحملة قناة تالية وطلبت ذلك',
  'The reports are behind the vouchers': 'التقارير متأخرة عن القسائم',
  'The vertical that starts; the offer holds there only.': 'القطاع الذي يبدأ؛ والعرض فيه وحده.',
  'The vertical that they know.': 'القطاع الذي يعرفونه.',
  'The vertical that they shall try; the offer holds there only.':
    'القطاع الذي يُراد أن يجرّبوه؛ والعرض فيه وحده.',
  'There are too many conditions.': 'الشروط كثيرة جدًا.',
  'There are too many.': 'العدد كبير جدًا.',
  'There is no cap: preview the audience, then set what you can afford.':
    'لا حد لها: عاين الجمهور ثم اضبط ما تقدر عليه.',
  'There is no message for this channel in the language for everyone else.':
    'لا رسالة لهذه القناة بلغة من سواهم.',
  'There is nothing in it.': 'لا شيء فيها.',
  'These two do not go together.': 'هذان لا يجتمعان.',
  'This currency does not fit.': 'هذه العملة غير مناسبة.',
  'This does not go with this moment.': 'هذا لا يناسب هذه اللحظة.',
  'This field does not exist.': 'هذا الحقل غير موجود.',
  'This is fixed since the launch: clone the campaign to change it.':
    'ثابت منذ الإطلاق: انسخ الحملة لتغييره.',
  'This is here already.': 'موجود من قبل.',
  'This is in the future.': 'هذا في المستقبل.',
  'This is in the past.': 'هذا في الماضي.',
  'This is needed.': 'هذا مطلوب.',
  'This is not for an autopilot.': 'هذا ليس للحملات التلقائية.',
  'This is not understood.': 'هذا غير مفهوم.',
  'This is of another kind than what is needed.': 'هذا من نوع غير المطلوب.',
  'This is outside of what is possible.': 'هذا خارج الممكن.',
  'This is too large.': 'هذا أكبر من اللازم.',
  'This is too long.': 'هذا أطول من اللازم.',
  'This value does not exist.': 'هذه القيمة غير موجودة.',
  'Who has a sign-up day was not there before it, unless an order that was read is older.':
    'من له يوم تسجيل لم يكن موجودًا قبله، إلا إن كان طلب مقروء أقدم منه.',
  'Who is a top spender: preview until only a few percent are left.':
    'من هم الأكثر إنفاقًا: عاين حتى يبقى بضعة في المئة فقط.',
  'With long names or amounts it takes more SMS than shown.':
    'مع الأسماء أو المبالغ الطويلة تلزم رسائل قصيرة أكثر مما يظهر.',
  'Your own names of the two verticals: they are parameters.': 'أسماء القطاعين عندك: إنها معاملات.',
}
