//! The cells of a record by what their columns mean.

use jiff::tz::TimeZone;

use crate::{
    cells::dates::{DateRules, Moment, read_moment},
    reason::{Notes, Reason},
    record::{Cell, RecordCells},
    survey::{ColumnDates, FileFacts},
    systems::{ColumnMapping, System},
    target::Target,
};

/// The columns of a file with their meanings. Keys of JSON join as they come.
pub(crate) struct Columns {
    system: &'static System,
    mapping: ColumnMapping,
    names: Vec<String>,
    targets: Vec<Target>,
    dates: std::collections::BTreeMap<usize, ColumnDates>,
    zone: TimeZone,
}

impl Columns {
    pub fn new(facts: &FileFacts, zone: TimeZone) -> Result<Self, Reason> {
        let system = facts.system()?;
        let zone = if system.is_utc { TimeZone::UTC } else { zone };
        let mut columns = Self {
            system,
            mapping: facts.mapping.clone(),
            names: Vec::new(),
            targets: Vec::new(),
            dates: facts.dates.clone(),
            zone,
        };
        columns.add(&facts.columns);
        Ok(columns)
    }
    /// Adds the columns that came since.
    pub fn add(&mut self, names: &[String]) {
        for name in names.iter().skip(self.names.len()) {
            self.targets.push(self.mapping.target(self.system, name));
            self.names.push(name.clone());
        }
    }
    pub fn system(&self) -> &'static System {
        self.system
    }
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }
    pub fn row<'a>(&'a self, cells: &'a RecordCells) -> Row<'a> {
        Row { columns: self, cells }
    }
}

/// One record's cells.
pub(crate) struct Row<'a> {
    columns: &'a Columns,
    cells: &'a RecordCells,
}

/// A cell with its column.
#[derive(Clone, Copy)]
pub(crate) struct PlacedCell<'a> {
    pub column: &'a str,
    pub number: usize,
    pub target: Target,
    pub cell: &'a Cell,
}

impl<'a> PlacedCell<'a> {
    pub fn text(&self) -> &'a str {
        self.cell.text()
    }
}

impl<'a> Row<'a> {
    /// Returns the cells that are not empty, with their columns. Secrets are not among them.
    pub fn cells(&self) -> impl Iterator<Item = PlacedCell<'a>> + '_ {
        self.cells.iter().filter_map(|(number, cell)| {
            let target = *self.columns.targets.get(*number)?;
            let column = self.columns.names.get(*number)?;
            (target != Target::Secret).then_some(PlacedCell {
                column,
                number: *number,
                target,
                cell,
            })
        })
    }
    pub fn all(&self, target: Target) -> impl Iterator<Item = PlacedCell<'a>> + '_ {
        self.cells().filter(move |cell| cell.target == target)
    }
    pub fn first(&self, target: Target) -> Option<PlacedCell<'a>> {
        self.all(target).next()
    }
    pub fn has(&self, target: Target) -> bool {
        self.first(target).is_some()
    }

    /// Returns the first cell of a meaning that can be read; notes those that cannot.
    pub fn read<T>(
        &self,
        target: Target,
        notes: &mut Notes,
        reader: impl Fn(&str) -> Result<Option<T>, Reason>,
    ) -> Option<T> {
        for cell in self.all(target) {
            if let Some(value) = notes.keep(cell.column, reader(cell.text())).flatten() {
                return Some(value);
            }
        }
        None
    }

    /// Reads a moment by the rules of its column. A date in another form than most of the column's
    /// deserves a look.
    pub fn moment(
        &self,
        cell: &PlacedCell<'_>,
        notes: &mut Notes,
    ) -> Result<Option<Moment>, Reason> {
        let dates = self.columns.dates.get(&cell.number).copied().unwrap_or_default();
        let zone = self.columns.zone.clone();
        let seconds = cell.target == Target::Seconds;
        let rules = DateRules { order: dates.order, zone, seconds };
        let moment = read_moment(cell.text(), &rules)?;
        let is_slashed = cell.text().contains('/');
        let (same, other) =
            if is_slashed { (dates.slashed, dates.dashed) } else { (dates.dashed, dates.slashed) };
        if moment.is_some() && same < other {
            let detail = "a date in another form than the column's other cells";
            notes.warn(cell.column, Reason::new("other_form", detail));
        }
        Ok(moment)
    }
}
