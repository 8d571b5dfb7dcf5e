// Holds the Arabic of the wizard and the lists beyond the form itself: overlaps, forecasts and
// conflicts.

export const arWizard: Record<string, string> = {
  'A cap leaves room for one of the two.': 'يتيح أحد الحدود واحدة فقط من الاثنتين.',
  'A cap may stop the second.': 'قد يوقف أحد الحدود الثانية.',
  'Accept by': 'القبول قبل',
  'After a cancelled order': 'بعد طلب ملغى',
  'at least': 'على الأقل',
  'at most': 'على الأكثر',
  'An offer stands alone on an order unless it and the other offer name each other’s groups.':
    'لا يجتمع العرض مع غيره على طلب إلا إذا سمّى كل من العرضين مجموعة الآخر.',
  'Caps': 'الحدود',
  'Change the audience, the caps or the priority if that is not what you want.':
    'غيّر الجمهور أو الحدود أو الأولوية إن لم يكن هذا ما تريد.',
  'Combines with': 'يجتمع مع',
  'Customers in common': 'عملاء مشتركون',
  'Discounts, about': 'الخصومات، تقريبًا',
  'each used in full': 'إن استُخدمت كل منها كاملة',
  'Empty: it stands alone.': 'فارغ: لا يجتمع مع غيره.',
  'Empty: the one being written.': 'فارغ: اللغة التي تُكتب.',
  'Estimated from a part of the customers.': 'تقدير من جزء من العملاء.',
  'Groups it combines with': 'المجموعات التي يجتمع معها',
  'If it goes as your campaigns of the last 90 days did.': 'إن سارت كحملاتك في آخر 90 يومًا.',
  'is': 'يساوي',
  'is there': 'موجودة',
  'Its group': 'مجموعته',
  'Last active on {day}': 'آخر نشاط في {day}',
  'last on {day}': 'آخرها في {day}',
  'Many of these customers are wanted twice': 'كثير من هؤلاء العملاء مطلوبون مرتين',
  'Messages, about': 'الرسائل، تقريبًا',
  'No campaign has “{text}” in its name.': 'لا حملة في اسمها «{text}».',
  'no other voucher': 'لا قسيمة أخرى',
  'No campaign that is on wants any of these customers.':
    'لا حملة جارية تريد أيًا من هؤلاء العملاء.',
  'None of those that were looked through has “{text}” in its name. “Next” looks further.':
    'لا شيء مما فُحص في اسمه «{text}». «التالي» يبحث أبعد.',
  'not on for a whole day yet': 'لم تعمل يومًا كاملًا بعد',
  'Nothing is written in {asked}: these readers get {locale}.':
    'لا شيء مكتوب بلغة {asked}: يتلقى هؤلاء القراء {locale}.',
  'now': 'الآن',
  'Numbers of the last 90 days; the audience is who was chosen in them. Campaigns on this page: {n}':
    'أرقام آخر 90 يومًا؛ والجمهور من اختيروا فيها. الحملات في هذه الصفحة: {n}',
  'One a line, or paste a list; at most 1,000.': 'واحد في كل سطر، أو الصق قائمة؛ 1000 على الأكثر.',
  'Only if': 'فقط إذا',
  'Property': 'الخاصية',
  'Reader’s language': 'لغة القارئ',
  'Redemptions, about': 'الاستخدامات، تقريبًا',
  'Room until the next SMS: {n}': 'المتاح حتى الرسالة التالية: {n}',
  'Save it, then replay past days here to see how often it would fire.':
    'احفظها، ثم حاكِ الأيام الماضية هنا لترى كم كانت ستنطلق.',
  'Save the draft to see which campaigns want the same customers.':
    'احفظ المسودة لترى أي الحملات تريد العملاء أنفسهم.',
  'Schedule': 'الجدول',
  'The other goes first.': 'الأخرى تسبق.',
  'There is no message for {channel} in this language yet.':
    'لا رسالة لقناة {channel} بهذه اللغة بعد.',
  'They can get both: nothing stops the second.': 'قد يحصلون على الاثنتين: لا شيء يوقف الثانية.',
  'They say the same.': 'هما متطابقتان.',
  'This one goes first.': 'هذه تسبق.',
  'Too few vouchers were issued in the last 90 days to tell from them.':
    'القسائم الصادرة في آخر 90 يومًا أقل من أن يُستنتج منها.',
  'Value': 'القيمة',
  'What happens': 'ما يحدث',
  'What it will probably cost': 'ما ستكلّفه على الأرجح',
  'What you changed here is not saved.': 'ما غيّرته هنا غير محفوظ.',
  'Whichever is due first goes first.': 'تسبق من تستحق أولًا.',
  '{share} of them are also wanted by “{name}”.': '{share} منهم تريدهم أيضًا «{name}».',
  '{share} of {n} were redeemed': 'استُخدم {share} من {n}',
}
