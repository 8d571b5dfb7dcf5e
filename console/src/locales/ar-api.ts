// Holds the Arabic of what the API says: field problems, draft warnings, playbook advice, replay
// assumptions, causes and next steps.

import type { TranslationTable } from './i18n'

export const arApi: TranslationTable = {
  'A timer has stalled: {about}': 'مؤقّت متوقف: {about}',
  'another channel: sent next, at the channel’s rate': 'قناة أخرى: تُطلق تاليًا بسرعة القناة',
  'A good starting point is twice your typical gap between orders.':
    'يُعدّ العميل منقطعًا بعد ضعف ما بين طلبين من أيام تقريبًا.',
  'A character outside the standard alphabet limits each SMS to 70 characters instead of 160.':
    'حرف خارج الأبجدية القياسية يحدّ كل رسالة بـ 70 حرفًا بدل 160.',
  'being processed': 'لدى عامل',
  'All amounts must have the same currency.': 'يجب أن تكون كل المبالغ بعملة واحدة.',
  'Ask your system operator to check the timer, the autopilot queue with its failed jobs, and the log of scan-autopilot.':
    'اطلب من مشغّل النظام فحص المؤقّت، وطابور الحملات التلقائية ومهامه الفاشلة، وسجل scan-autopilot.',
  'Ask your system operator to check the expansion queue with its failed jobs, and the log of expand-audience.':
    'اطلب من مشغّل النظام فحص طابور التوسيع ومهامه الفاشلة، وسجل expand-audience.',
  'Ask your system operator to check the log and the errors of aggregate-reports.':
    'اطلب من مشغّل النظام فحص سجل aggregate-reports وأخطائها.',
  'Ask your system operator to check the rule that starts it, its queue with the failed jobs, and its log.':
    'اطلب من مشغّل النظام فحص القاعدة التي تشغّلها، وطابورها ومهامه الفاشلة، وسجلها.',
  'Limits are not applied. Compare them with the vouchers and the exposure.':
    'لا تُطبَّق الحدود: قارن بها عدد القسائم والالتزام.',
  'Report counters differ from the vouchers': 'عدّادات التقارير تختلف عن القسائم',
  'Days before the birthday to send (0 to 60).': 'كم يومًا قبل عيد الميلاد تصل، من 0 إلى 60.',
  'Minimum days between two vouchers for the same customer (1 to 1,095).':
    'الأيام بين قسيمتين منها للعميل نفسه، من 1 إلى 1095.',
  'Send after this many days without an order (1 to 1,095).':
    'أيام بلا طلب تنطلق بعدها، من 1 إلى 1095.',
  'Find out where these addresses come from, then resume it. Only new messages count from then on.':
    'اعرف مصدر هذه العناوين ثم استأنفها. تُحسب الرسائل الجديدة وحدها من حينها.',
  'handed to its channel; if the job is lost, retried at this time':
    'سُلّمت لعامل قناتها؛ وإن ضاعت الرسالة تُطلق ثانية في ذلك الوقت',
  'Customers within this distance are included (up to 20,000 km).':
    'إلى أي بُعد عنه يُبلَّغ العملاء، أكثر من 0 وبحد أقصى 20000.',
  'The replay starts as if the autopilot was enabled on the first day, without its earlier vouchers.':
    'كأن الحملة فُعّلت في اليوم الأول: لا يُسأل عن قسائم أصدرتها من قبل.',
  'It is so large that common mail programs cut it off.':
    'كبيرة إلى حد أن برامج البريد الشائعة تقتطعها.',
  'its campaign is over: nothing is sent, and it is closed at this time':
    'انتهت حملتها: لا يُرسل شيء، وتُغلق في ذلك الوقت',
  'its campaign is over: nothing is sent, and it is closed shortly':
    'انتهت حملتها: لا يُرسل شيء، وتُغلق تاليًا',
  'its campaign is paused': 'حملتها موقوفة مؤقتًا',
  'Its footer has no postal address, which several countries ask for: set it in the brand.':
    'ليس في تذييلها عنوان بريدي، وتشترطه عدة دول: اضبطه في العلامة.',
  'scheduled for this time (quiet hours, send hour or delay)':
    'مجدولة لهذا الوقت (ساعات هدوء أو ساعة إرسال أو تأخير)',
  'processing was interrupted: retried at this time': 'لم يعد عاملها: تُطلق ثانية في ذلك الوقت',
  'Check its audience in a clone: the sample shows which condition matches nobody.':
    'راجع جمهورها في نسخة منها: تبيّن العيّنة أي شرط لا يطابق أحدًا.',
  'Look at the differences below the recount of system health, then repair the counters.':
    'انظر في الفروق تحت إعادة العدّ في سلامة النظام، ثم أصلح العدّادات.',
  'Check the provider’s status and your account limits, then resume it.':
    'تحقق من حالة المزوّد وحدود حسابك ثم استأنفها.',
  'Check whom it messages and how often, then resume it. Only new messages count from then on.':
    'راجع من تراسل وكم مرة ثم استأنفها. تُحسب الرسائل الجديدة وحدها من حينها.',
  'checked at this time': 'يُنظر فيها عندئذ: وقد تنتهي قبله',
  'More than one SMS is billed for each customer.': 'تُحسب أكثر من رسالة قصيرة لكل عميل.',
  'No event with this name was ever received. Until one is, this autopilot triggers for nobody.':
    'لم يُستلم قط حدث بهذا الاسم. وإلى أن يُستلم لا تنطلق هذه الحملة لأحد.',
  'Nothing is written in this language.': 'لا شيء مكتوب بهذه اللغة.',
  'One in ten customers is in the control group and gets nothing, so that the effect can be measured.':
    'واحد من كل عشرة عملاء في المجموعة الضابطة ولا يحصل على شيء، ليُقاس الأثر.',
  'Orders are assumed to have been reported when they were placed.':
    'تُعدّ الطلبات كأنها أُبلغ عنها عند تقديمها.',
  'Orders count as of now: orders cancelled since are left out, and refunds are deducted.':
    'تُحسب الطلبات كما هي الآن: ما أُلغي بعدها كأنه لم يُحسب قط، وما رُدّ مخصوم دائمًا.',
  'planned within a minute': 'تُخطَّط خلال دقيقة',
  'Profiles, consents, suppressions and addresses are as of now.':
    'الملف والموافقة والحجب والعنوان كما هي الآن.',
  'postponed: retried at this time': 'أعادها عاملها: تُطلق ثانية في ذلك الوقت',
  'Raise the caps, or end the campaign.': 'ارفع الحدود أو أنهِ الحملة.',
  'sent next, at the channel’s rate': 'تُطلق تاليًا بسرعة القناة',
  'Replay it. If the replay matches, check whether orders and events still arrive; if not, its rule is too narrow.':
    'حاكِها على الماضي. إن طابقت فتحقق هل ما زالت الطلبات والأحداث ترد؛ وإلا فقاعدتها ضيّقة.',
  'Replay it, and compare its rule and what comes in with the weeks before.':
    'أعد تشغيلها على الماضي، وقارن قاعدتها وما يرد بالأسابيع السابقة.',
  'Resume it. Waiting messages are sent unless their deadline has passed.':
    'استأنفها. تُرسل الرسائل المنتظرة ما لم تفت مهلتها.',
  'Edit the messages, and add your customers’ languages.': 'قلها بكلماتك، وأضف لغات عملائك.',
  'See the reasons in the delivery report; pause it until the provider answers.':
    'انظر الأسباب في تقرير التوصيل؛ وأوقفها مؤقتًا حتى يرد المزوّد.',
  'See the skip reasons in its diagnostics, and compare its channels with these customers’ consents.':
    'انظر أسباب التخطي في تشخيصها، وقارن قنواتها بموافقات هؤلاء العملاء.',
  'Check which customers match in its list of vouchers, and pause it if this is not intended.':
    'راجع من يطابق في قائمة قسائمها، وأوقفها مؤقتًا إن لم يكن مقصودًا.',
  'Keep the validity short to get first orders in the first days.':
    'قصيرة، لتأتي الطلبات الأولى في الأيام الأولى.',
  'Minimum number of orders.': 'هذا العدد من الطلبات على الأقل.',
  'Minimum total spend.': 'هذا القدر من الإنفاق فيها جميعًا على الأقل.',
  'The amounts are placeholders. Set the benefit and minimum basket to match your margins.':
    'المبالغ مدوّرة بعملتك لا مأخوذة من هوامشك: اضبط المنفعة والحد الأدنى للسلة.',
  'retry after a throttled or unanswered attempt': 'المحاولة السابقة أُجّلت أو بلا رد',
  'fallback after a failed channel: sent next, at the channel’s rate':
    'فشلت القناة السابقة: تُطلق تاليًا بسرعة القناة',
  'Days are in each customer’s current time zone. Only full days are included.':
    'الأيام أيام العملاء بمنطقتهم الزمنية الحالية؛ وكل منها قد انتهى في كل مكان.',
  'There are no words for an offer in this language: it is named in English.':
    'لا توجد عبارات للعرض بهذه اللغة: يظهر العرض بالإنجليزية.',
  'It names the last day to redeem, and the offer has to be accepted before: use accept_by.':
    'تذكر الرسالة آخر يوم للاستخدام، مع أن العرض يجب قبوله قبل ذلك: استخدم accept_by.',
  'The draft is incomplete, so parts of the preview are examples.':
    'المسودة غير مكتملة، فأجزاء من المعاينة أمثلة.',
  'The end is before the start.': 'النهاية قبل البداية.',
  'The groups are nested too deep.': 'المجموعات متداخلة أكثر مما ينبغي.',
  'The send hour, in the customer’s time zone.': 'ساعة الإرسال، بتوقيت العميل.',
  'fallback after a bounce: sent next, at the channel’s rate':
    'ارتدّت الرسالة السابقة: القناة التالية، تُطلق تاليًا بسرعة القناة',
  'the provider did not answer: retried at this time, unless a delivery event arrives':
    'لم يردّ المزوّد: تُعاد في ذلك الوقت ما لم يبيّن حدث مآلها',
  'the provider did not answer: an SMS is never repeated; the next channel follows at this time if the campaign uses one':
    'لم يردّ المزوّد: الرسالة القصيرة لا تُعاد، وتليها القناة التالية في ذلك الوقت إن كانت للحملة قناة تالية وطلبت ذلك',
  'the provider did not answer: not repeated again; the next channel follows at this time if the campaign uses one':
    'لم يردّ المزوّد: لا تُعاد مرة أخرى، وتليها القناة التالية في ذلك الوقت إن كانت للحملة قناة تالية وطلبت ذلك',
  'Reports are delayed': 'التقارير متأخرة',
  'The vertical that launches. The offer applies only there.': 'القطاع الذي يبدأ؛ والعرض فيه وحده.',
  'The vertical they already order from.': 'القطاع الذي يعرفونه.',
  'The vertical they should try. The offer applies only there.':
    'القطاع الذي يُراد أن يجرّبوه؛ والعرض فيه وحده.',
  'There are too many conditions.': 'الشروط كثيرة جدًا.',
  'There are too many.': 'العدد كبير جدًا.',
  'There is no limit yet. Preview the audience, then set a budget.':
    'لا حد لها: عاين الجمهور ثم اضبط ما تقدر عليه.',
  'There is no message for this channel in the default language.':
    'لا رسالة لهذه القناة باللغة الافتراضية.',
  'This is empty.': 'هذا فارغ.',
  'These two can’t be combined.': 'لا يجتمع هذان.',
  'This currency doesn’t match.': 'هذه العملة غير مطابقة.',
  'This doesn’t apply to this trigger.': 'هذا لا ينطبق على هذا المحفّز.',
  'This field does not exist.': 'هذا الحقل غير موجود.',
  'This can’t change after launch. Clone the campaign to change it.':
    'لا يتغير هذا بعد الإطلاق. انسخ الحملة لتغييره.',
  'This is already in the list.': 'هذا موجود في القائمة.',
  'This is in the future.': 'هذا في المستقبل.',
  'This is in the past.': 'هذا في الماضي.',
  'Required.': 'مطلوب.',
  'This doesn’t apply to autopilots.': 'هذا لا ينطبق على الحملات التلقائية.',
  'This is not valid.': 'هذا غير صالح.',
  'This has the wrong type.': 'هذا من نوع خاطئ.',
  'This is outside the allowed range.': 'هذا خارج النطاق المسموح.',
  'This is too large.': 'هذا أكبر من اللازم.',
  'This is too long.': 'هذا أطول من اللازم.',
  'This value doesn’t exist.': 'هذه القيمة غير موجودة.',
  'Customers are assumed not to exist before their sign-up date, unless they have an older order.':
    'من له يوم تسجيل لم يكن موجودًا قبله، إلا إن كان طلب مقروء أقدم منه.',
  'Raise the thresholds until only a few percent of customers match.':
    'من هم الأكثر إنفاقًا: عاين حتى يبقى بضعة في المئة فقط.',
  'With long names or amounts it takes more SMS than shown.':
    'مع الأسماء أو المبالغ الطويلة تلزم رسائل قصيرة أكثر مما يظهر.',
  'Use the names of the verticals as your orders have them.': 'أسماء القطاعين عندك: إنها معاملات.',
}
