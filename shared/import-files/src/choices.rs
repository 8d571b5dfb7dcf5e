//! Reads the choices of a record: words with their time, dates of a yes or a no, and what the file
//! itself says. Where a record says several things about a channel, one stands: the later one; of
//! two without a date, or one without, the no; at the same moment the no.

use domain::{customer::consent::ConsentState, kernel::channel::Channel};
use jiff::Timestamp;

use crate::{
    cells::{choices::read_choice, dates::Moment},
    customer::{ImportTerms, ImportedChoice},
    reason::{CellNote, Notes, Reason},
    row::{PlacedCell, Row},
    systems::Implied,
    target::Target,
};

pub(crate) fn read_choices(
    row: &Row<'_>,
    implied: Option<Implied>,
    terms: &ImportTerms,
    now: Timestamp,
    notes: &mut Notes,
) -> Vec<ImportedChoice> {
    let mut choices = Vec::new();
    for channel in Channel::ALL {
        let mut said = Vec::new();
        read_words(row, channel, terms, now, notes, &mut said);
        let dates = read_dates(row, channel, now, notes);
        let implied = implied.filter(|_| channel == Channel::Email);
        let state = match implied {
            Some(Implied::Subscribed) => Some(ConsentState::Granted),
            Some(Implied::Unsubscribed) => Some(ConsentState::Denied),
            Some(Implied::Bounced) | None => None,
        };
        match state {
            // The file says it; its dates say when.
            Some(state) if !dates.is_void => {
                let at =
                    dates.said.iter().filter(|it| it.state == state).filter_map(|it| it.at).max();
                said.push(ImportedChoice { channel, state, at, column: "file".to_owned() });
            }
            Some(_) => {}
            None => said.extend(dates.said),
        }
        choices.extend(said.into_iter().reduce(choice_in_force));
    }
    choices
}

/// Returns the one of two choices that stands.
fn choice_in_force(one: ImportedChoice, other: ImportedChoice) -> ImportedChoice {
    let is_no = |it: &ImportedChoice| it.state == ConsentState::Denied;
    match (one.at, other.at) {
        (Some(at), Some(later)) if later > at => other,
        (Some(at), Some(earlier)) if earlier < at => one,
        (Some(_) | None, Some(_) | None) if is_no(&other) => other,
        (Some(_) | None, Some(_) | None) => one,
    }
}

/// Returns the time at which a choice counts: a day without a time counts from its start for a yes,
/// and from its end for a no.
fn counts_at(moment: &Moment, state: ConsentState) -> Timestamp {
    match state {
        ConsentState::Granted => moment.earliest(),
        ConsentState::Denied => moment.latest(),
    }
}

fn read_words(
    row: &Row<'_>,
    channel: Channel,
    terms: &ImportTerms,
    now: Timestamp,
    notes: &mut Notes,
    said: &mut Vec<ImportedChoice>,
) {
    let words: Vec<PlacedCell<'_>> = row
        .cells()
        .filter(|cell| matches!(cell.target, Target::Choice(found, _) if found == channel))
        .collect();
    for cell in words {
        let Target::Choice(_, meaning) = cell.target else { continue };
        let read = read_choice(cell.text(), meaning, terms.subscribed_counts);
        let Some(state) = notes.keep(cell.column, read).flatten() else { continue };
        let at = match row.first(Target::ChoiceAt(channel)) {
            None => None,
            Some(date) => {
                let moment = row.moment(&date, notes);
                let moment = notes.keep(date.column, moment).flatten();
                let at = moment.map(|moment| counts_at(&moment, state));
                if is_ahead(at, now) {
                    notes.left_out.push(CellNote::new(cell.column, in_the_future()));
                    continue;
                }
                at
            }
        };
        said.push(ImportedChoice { channel, state, at, column: cell.column.to_owned() });
    }
}

struct DatedChoices {
    said: Vec<ImportedChoice>,
    /// True if one of the dates is in the future.
    is_void: bool,
}

fn read_dates(row: &Row<'_>, channel: Channel, now: Timestamp, notes: &mut Notes) -> DatedChoices {
    let mut dates = DatedChoices { said: Vec::new(), is_void: false };
    let columns = [
        (Target::YesAt(channel), ConsentState::Granted),
        (Target::NoAt(channel), ConsentState::Denied),
    ];
    for (target, state) in columns {
        let cells: Vec<PlacedCell<'_>> = row.all(target).collect();
        for cell in cells {
            let read = row.moment(&cell, notes);
            let at = match read {
                // A date that means nothing is there: nothing was said.
                Ok(None) => continue,
                Ok(Some(moment)) => Some(counts_at(&moment, state)),
                Err(reason) => {
                    notes.left_out.push(CellNote::new(cell.column, reason));
                    None
                }
            };
            if is_ahead(at, now) {
                notes.left_out.push(CellNote::new(cell.column, in_the_future()));
                dates.is_void = true;
                continue;
            }
            let column = cell.column.to_owned();
            dates.said.push(ImportedChoice { channel, state, at, column });
        }
    }
    dates
}

fn is_ahead(at: Option<Timestamp>, now: Timestamp) -> bool {
    at.is_some_and(|at| at > now)
}

fn in_the_future() -> Reason {
    Reason::new("in_the_future", "its date is in the future, so the choice counts for nothing")
}
