// Holds the Arabic of rehearsals and of predictions beside what happened.

export const arRehearsal: Record<string, string> = {
  'Customers read': 'العملاء المقروؤون',
  'The campaign is still running.': 'الحملة ما زالت جارية.',
  'The campaign was changed after the rehearsal.': 'عُدِّلت الحملة بعد التجربة.',
  'There were more or fewer customers at the launch.': 'كان عدد العملاء عند الإطلاق أكثر أو أقل.',
  'The rehearsal was more than a day old at the launch.':
    'كان قد مضى على التجربة أكثر من يوم عند الإطلاق.',
  'Some customers could not be processed.': 'تعذّرت معالجة بعض العملاء.',
  'Predicted and happened': 'المتوقع والحاصل',
  'Rehearsed': 'جُرِّبت',
  'Predicted': 'المتوقع',
  'Happened': 'الحاصل',
  'Difference': 'الفرق',
  'The rehearsal was stopped.': 'أُوقفت التجربة.',
  'The rehearsal did not finish. Start it again.': 'لم تكتمل التجربة. ابدأها من جديد.',
  'Rehearsal': 'التجربة',
  'Decides about every customer as the launch would, and sends nothing.':
    'تقرر بشأن كل عميل كما سيفعل الإطلاق، ولا ترسل شيئًا.',
  'The campaign was changed since this rehearsal.': 'عُدِّلت الحملة منذ هذه التجربة.',
  'Rehearse again': 'إعادة التجربة',
  'Rehearse the launch': 'تجربة الإطلاق',
  'Progress of the rehearsal': 'تقدّم التجربة',
  '{n} customers counted so far. The estimate is scaled to everybody.':
    'حُسب حتى الآن {n} من العملاء. التقدير محسوب على الجميع.',
  '{n} customers, everybody, counted.': 'حُسب {n} من العملاء، أي الجميع.',
  'Message cost': 'تكلفة الرسائل',
  'Time until all are sent': 'الوقت حتى إرسالها كلها',
  'at today’s rates, with quiet hours': 'بمعدلات اليوم، مع ساعات الهدوء',
  'First message by channel': 'الرسالة الأولى حسب القناة',
  'Customers who get no voucher': 'عملاء لا يحصلون على قسيمة',
  'Most frequent verticals': 'القطاعات الأكثر تكرارًا',
  'Most frequent cities': 'المدن الأكثر تكرارًا',
  'Other campaigns for the same customers': 'حملات أخرى للعملاء أنفسهم',
  'There are too many customers to count here: the rehearsal counts all of them.':
    'العملاء هنا أكثر من أن يُحسبوا: التجربة تحسبهم جميعًا.',
  'A rehearsal less than a day old can stand for a limit':
    'يمكن أن تحل تجربة عمرها أقل من يوم محل الحد',
  'A launch that it counted at or under a threshold needs no approval for it.':
    'الإطلاق الذي تحسبه عند العتبة أو تحتها لا يحتاج إلى موافقة بسببها.',
  'Stop the rehearsal': 'إيقاف التجربة',
  'Save the draft to rehearse its launch on all customers.':
    'احفظ المسودة لتجربة إطلاقها على جميع العملاء.',
}
