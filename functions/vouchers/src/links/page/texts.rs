//! The sentences of the page of an offer, in every language that the product speaks.

use domain::kernel::language::Language;

/// The sentences of one language; `{}` is a day.
pub(super) struct OfferPageTexts {
    pub(super) accept_until: &'static str,
    pub(super) accept: &'static str,
    pub(super) accepted: &'static str,
    pub(super) use_until: &'static str,
    pub(super) open_app: &'static str,
    pub(super) used: &'static str,
    pub(super) declined: &'static str,
    pub(super) over: &'static str,
    pub(super) bad: &'static str,
}

pub(super) fn page_texts(language: Language) -> &'static OfferPageTexts {
    match language {
        Language::Arabic => &ARABIC,
        Language::ChineseSimplified => &CHINESE_SIMPLIFIED,
        Language::ChineseTraditional => &CHINESE_TRADITIONAL,
        Language::English => &ENGLISH,
        Language::French => &FRENCH,
        Language::German => &GERMAN,
        Language::Hindi => &HINDI,
        Language::Indonesian => &INDONESIAN,
        Language::Italian => &ITALIAN,
        Language::PortugueseOfBrazil => &PORTUGUESE_OF_BRAZIL,
        Language::PortugueseOfPortugal => &PORTUGUESE_OF_PORTUGAL,
        Language::Spanish => &SPANISH,
        Language::Turkish => &TURKISH,
    }
}

const ARABIC: OfferPageTexts = OfferPageTexts {
    accept_until: "يمكنك قبول العرض حتى {}.",
    accept: "قبول العرض",
    accepted: "العرض لك.",
    use_until: "استخدمه حتى {}.",
    open_app: "فتح التطبيق",
    used: "لقد استُخدم هذا العرض.",
    declined: "لقد رفضت هذا العرض.",
    over: "انتهى هذا العرض.",
    bad: "هذا الرابط غير مكتمل. يُرجى فتحه من الرسالة مرة أخرى.",
};
const CHINESE_SIMPLIFIED: OfferPageTexts = OfferPageTexts {
    accept_until: "可在{}前（含当日）领取。",
    accept: "领取优惠",
    accepted: "优惠已归您所有。",
    use_until: "请在{}前（含当日）使用。",
    open_app: "打开应用",
    used: "此优惠已使用。",
    declined: "您已拒绝此优惠。",
    over: "此优惠已结束。",
    bad: "此链接不完整，请从消息中重新打开。",
};
const CHINESE_TRADITIONAL: OfferPageTexts = OfferPageTexts {
    accept_until: "可在{}前（含當日）領取。",
    accept: "領取優惠",
    accepted: "優惠已歸您所有。",
    use_until: "請在{}前（含當日）使用。",
    open_app: "開啟應用程式",
    used: "此優惠已使用。",
    declined: "您已拒絕此優惠。",
    over: "此優惠已結束。",
    bad: "此連結不完整，請從訊息中重新開啟。",
};
const ENGLISH: OfferPageTexts = OfferPageTexts {
    accept_until: "Accept it until {}.",
    accept: "Accept the offer",
    accepted: "The offer is yours.",
    use_until: "Use it until {}.",
    open_app: "Open the app",
    used: "This offer has been used.",
    declined: "You have declined this offer.",
    over: "This offer is over.",
    bad: "This link is not complete. Please open it from the message again.",
};
const FRENCH: OfferPageTexts = OfferPageTexts {
    accept_until: "À accepter jusqu’au {} inclus.",
    accept: "Accepter l’offre",
    accepted: "L’offre est à vous.",
    use_until: "À utiliser jusqu’au {} inclus.",
    open_app: "Ouvrir l’application",
    used: "Cette offre a été utilisée.",
    declined: "Vous avez refusé cette offre.",
    over: "Cette offre est terminée.",
    bad: "Ce lien est incomplet. Veuillez l’ouvrir à nouveau depuis le message.",
};
const GERMAN: OfferPageTexts = OfferPageTexts {
    accept_until: "Annehmen kannst du es bis einschließlich {}.",
    accept: "Angebot annehmen",
    accepted: "Das Angebot gehört dir.",
    use_until: "Einlösen kannst du es bis einschließlich {}.",
    open_app: "App öffnen",
    used: "Dieses Angebot wurde eingelöst.",
    declined: "Du hast dieses Angebot abgelehnt.",
    over: "Dieses Angebot ist vorbei.",
    bad: "Dieser Link ist nicht vollständig. Bitte öffne ihn noch einmal aus der Nachricht.",
};
const HINDI: OfferPageTexts = OfferPageTexts {
    accept_until: "{} तक स्वीकार करें।",
    accept: "ऑफ़र स्वीकार करें",
    accepted: "ऑफ़र आपका है।",
    use_until: "{} तक इस्तेमाल करें।",
    open_app: "ऐप खोलें",
    used: "यह ऑफ़र इस्तेमाल हो चुका है।",
    declined: "आपने यह ऑफ़र अस्वीकार कर दिया है।",
    over: "यह ऑफ़र समाप्त हो गया है।",
    bad: "यह लिंक अधूरा है। कृपया इसे संदेश से फिर से खोलें।",
};
const INDONESIAN: OfferPageTexts = OfferPageTexts {
    accept_until: "Terima hingga {}.",
    accept: "Terima penawaran",
    accepted: "Penawaran ini milik Anda.",
    use_until: "Gunakan hingga {}.",
    open_app: "Buka aplikasi",
    used: "Penawaran ini sudah digunakan.",
    declined: "Anda telah menolak penawaran ini.",
    over: "Penawaran ini sudah berakhir.",
    bad: "Tautan ini tidak lengkap. Silakan buka lagi dari pesan.",
};
const ITALIAN: OfferPageTexts = OfferPageTexts {
    accept_until: "Ultimo giorno per accettarla: {}.",
    accept: "Accetta l’offerta",
    accepted: "L’offerta è tua.",
    use_until: "Ultimo giorno per usarla: {}.",
    open_app: "Apri l’app",
    used: "Questa offerta è stata usata.",
    declined: "Hai rifiutato questa offerta.",
    over: "Questa offerta è terminata.",
    bad: "Questo link non è completo. Aprilo di nuovo dal messaggio.",
};
const PORTUGUESE_OF_BRAZIL: OfferPageTexts = OfferPageTexts {
    accept_until: "Aceite até {}.",
    accept: "Aceitar a oferta",
    accepted: "A oferta é sua.",
    use_until: "Use até {}.",
    open_app: "Abrir o aplicativo",
    used: "Esta oferta já foi usada.",
    declined: "Você recusou esta oferta.",
    over: "Esta oferta terminou.",
    bad: "Este link está incompleto. Abra-o novamente a partir da mensagem.",
};
const PORTUGUESE_OF_PORTUGAL: OfferPageTexts = OfferPageTexts {
    accept_until: "Aceite até {}.",
    accept: "Aceitar a oferta",
    accepted: "A oferta é sua.",
    use_until: "Utilize até {}.",
    open_app: "Abrir a aplicação",
    used: "Esta oferta já foi utilizada.",
    declined: "Recusou esta oferta.",
    over: "Esta oferta terminou.",
    bad: "Esta ligação está incompleta. Abra-a novamente a partir da mensagem.",
};
const SPANISH: OfferPageTexts = OfferPageTexts {
    accept_until: "Puedes aceptarla hasta el {}.",
    accept: "Aceptar la oferta",
    accepted: "La oferta es tuya.",
    use_until: "Úsala hasta el {}.",
    open_app: "Abrir la app",
    used: "Esta oferta ya se ha usado.",
    declined: "Has rechazado esta oferta.",
    over: "Esta oferta ha terminado.",
    bad: "Este enlace no está completo. Ábrelo de nuevo desde el mensaje.",
};
const TURKISH: OfferPageTexts = OfferPageTexts {
    accept_until: "Kabul etmek için son gün: {}.",
    accept: "Teklifi kabul et",
    accepted: "Teklif sizin.",
    use_until: "Kullanmak için son gün: {}.",
    open_app: "Uygulamayı aç",
    used: "Bu teklif kullanıldı.",
    declined: "Bu teklifi reddettiniz.",
    over: "Bu teklif sona erdi.",
    bad: "Bu bağlantı eksik. Lütfen mesajdan tekrar açın.",
};
