//! The line under the question and the answer that says for whom the link speaks: the customer to
//! whom the message was written, and everyone who shares the mailbox or the number it went to.

use domain::kernel::channel::Channel;

/// The notes by language: for a number, and for a mailbox.
const NOTES: [(&str, &str, &str); 6] = [
    (
        "en",
        "This holds for your account, and for everyone who shares this number.",
        "This holds for your account, and for everyone who shares this mailbox.",
    ),
    (
        "de",
        "Das gilt für dein Konto und für alle, die diese Nummer mit dir teilen.",
        "Das gilt für dein Konto und für alle, die dieses Postfach mit dir teilen.",
    ),
    (
        "es",
        "Vale para tu cuenta y para todos los que comparten este número.",
        "Vale para tu cuenta y para todos los que comparten este correo.",
    ),
    (
        "fr",
        "Cela vaut pour votre compte et pour tous ceux qui partagent ce numéro.",
        "Cela vaut pour votre compte et pour tous ceux qui partagent cette adresse.",
    ),
    (
        "it",
        "Vale per il tuo account e per tutti quelli che condividono questo numero.",
        "Vale per il tuo account e per tutti quelli che condividono questa casella.",
    ),
    (
        "pt",
        "Vale para a sua conta e para todos os que partilham este número.",
        "Vale para a sua conta e para todos os que partilham este correio.",
    ),
];

/// Returns the note, in English if the language has none. A device is nobody else's.
pub(super) fn shared_note(language: &str, channel: Channel) -> Option<&'static str> {
    let notes = NOTES.iter().find(|(known, ..)| *known == language).or(NOTES.first());
    notes.and_then(|(_, number, mailbox)| match channel {
        Channel::Sms => Some(*number),
        Channel::Email => Some(*mailbox),
        Channel::Push => None,
    })
}
