//! Owns pages of long lists: what they are sorted and filtered by, which fifty are shown, and where the others are.

use crate::form::Form;
use crate::refusal::Refused;
use crate::visit::Member;
use nasd_api::{Answered, ClientError, Count, Items, List, Listed, Nothing, Operation, Page, Reply};

/// Rows of a page: what a screen or two show, and what stays far below 100 kB.
pub const ROWS: usize = 50;

/// In an address they say which page of a list it is.
const PLACES: [&str; 2] = ["after", "before"];

/// A list of the console: its address, and how it is sorted unless somebody asks.
pub struct Listing {
    path: &'static str,
    sort: &'static str,
    descending: bool,
}

impl Listing {
    pub const fn by(path: &'static str, sort: &'static str) -> Listing {
        Listing { path, sort, descending: false }
    }

    /// The largest first.
    pub const fn down_from(path: &'static str, sort: &'static str) -> Listing {
        Listing { path, sort, descending: true }
    }

    /// The rows of the page that the address asks for; `only`: what the list is filtered by besides what was typed.
    ///
    /// # Errors
    /// The page to show instead.
    pub async fn ask<O>(
        &self,
        member: &Member,
        only: &str,
    ) -> Result<(Vec<<Answered<O> as Items>::Item>, Paging), Refused>
    where
        O: Operation<Body = Nothing, Reply: Reply<Read: Items>, At = Page<<Answered<O> as Items>::Item>>,
    {
        let paging = Paging::of(self, &member.visit.query());
        let list = member.ask::<O>(paging.page(only)).await?.list();
        Ok(paging.with(list))
    }

    /// The same of a list that is asked for in words of its own.
    ///
    /// # Errors
    /// The page to show instead.
    pub async fn by_asking<T>(
        &self,
        member: &Member,
        ask: impl AsyncFnOnce(&Paging) -> Result<List<T>, Refused>,
    ) -> Result<(Vec<T>, Paging), Refused> {
        let paging = Paging::of(self, &member.visit.query());
        let list = ask(&paging).await?;
        Ok(paging.with(list))
    }

    /// The same of a list that is there, which its operation filters in another way.
    ///
    /// # Errors
    /// The page to show instead.
    pub fn of<T: Listed>(&self, member: &Member, all: Vec<T>) -> Result<(Vec<T>, Paging), Refused> {
        let paging = Paging::of(self, &member.visit.query());
        let list = paging.page("").of(all).map_err(|error| member.refuse(ClientError::Refused(error)))?;
        Ok(paging.with(list))
    }
}

/// Where in a list a page is.
pub struct Paging {
    /// What was searched for.
    pub filter: String,
    pub sort: String,
    pub descending: bool,
    pub after: Option<String>,
    pub before: Option<String>,
    count: Count,
    rows: usize,
    next: Option<String>,
    previous: Option<String>,
    path: &'static str,
    /// All that was asked for but the page.
    asked: Form,
}

impl Paging {
    fn of(listing: &Listing, query: &Form) -> Paging {
        let asked = query.without(&PLACES).without(&["refreshed"]).given();
        let (sort, descending) = match asked.get("sort") {
            "" => (listing.sort.to_owned(), listing.descending),
            sort => (sort.to_owned(), asked.is("descending", "true")),
        };
        let (filter, path) = (asked.get("filter").to_owned(), listing.path);
        let (count, rows, next, previous) = (Count::default(), 0, None, None);
        let place = |name| Some(query.get(name).to_owned()).filter(|place| !place.is_empty());
        let (after, before) = (place("after"), place("before"));
        Paging { filter, sort, descending, after, before, count, rows, next, previous, path, asked }
    }

    fn page<T>(&self, only: &str) -> Page<T> {
        let filter = format!("{only} {}", self.filter);
        Page::first(ROWS)
            .sorted(Some(self.sort.clone()), self.descending)
            .filtered(Some(filter.trim().to_owned()).filter(|filter| !filter.is_empty()))
            .behind(self.after.clone())
            .up_to(self.before.clone())
    }

    fn with<T>(mut self, list: List<T>) -> (Vec<T>, Paging) {
        self.rows = list.items.len();
        self.count = list.count.unwrap_or_default();
        (self.next, self.previous) = (list.next, list.previous);
        (list.items, self)
    }

    /// The page before and the one behind.
    pub fn previous(&self) -> Option<String> {
        self.previous.as_ref().map(|place| self.address(&self.asked, "before", place))
    }

    pub fn next(&self) -> Option<String> {
        self.next.as_ref().map(|place| self.address(&self.asked, "after", place))
    }

    /// Which rows the page shows.
    pub fn shown(&self) -> String {
        let Count { skipped, .. } = self.count;
        format!("{}–{}", skipped + 1, skipped + self.rows)
    }

    pub fn found(&self) -> usize {
        self.count.found
    }

    pub fn total(&self) -> usize {
        self.count.total
    }

    /// Nothing there at all, as opposed to nothing found.
    pub fn is_empty(&self) -> bool {
        self.count.total == 0
    }

    /// Whether somebody asked for an order.
    pub fn is_sorted(&self) -> bool {
        self.asked.has("sort")
    }

    /// The value of `aria-sort` of a column.
    pub fn direction(&self, column: &str) -> Option<&'static str> {
        let named = if self.descending { "descending" } else { "ascending" };
        (self.sort == column).then_some(named)
    }

    /// The list sorted by a column; by the one that it is sorted by, the other way round. Figures
    /// begin with the largest, times with the newest.
    pub fn sorted(&self, column: &str, class: &str) -> String {
        let descending = match self.sort == column {
            true => !self.descending,
            false => matches!(class, "number" | "time"),
        };
        let mut asked = self.asked.without(&["descending"]);
        asked.set("sort", column);
        match descending {
            true => self.address(&asked, "descending", "true"),
            false => format!("{}?{}", self.path, asked.encoded()),
        }
    }

    /// What a new search keeps.
    pub fn kept(&self) -> Vec<(&str, &str)> {
        self.asked.kept().into_iter().filter(|(name, _)| *name != "filter").collect()
    }

    fn address(&self, asked: &Form, name: &str, value: &str) -> String {
        let mut asked = asked.clone();
        asked.set(name, value);
        format!("{}?{}", self.path, asked.encoded())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paging(query: &str) -> Paging {
        Paging::of(&Listing::by("/x", "name"), &Form::parse(query.as_bytes()))
    }

    #[test]
    fn what_was_asked_for_stays_in_every_address() {
        let mut page = paging("only=a&filter=%26b&after=50&refreshed=1&q=");
        page.next = Some("a b".into());
        page.previous = Some("9".into());
        assert_eq!(page.next().unwrap(), "/x?only=a&filter=%26b&after=a+b");
        assert_eq!(page.previous().unwrap(), "/x?only=a&filter=%26b&before=9");
        assert_eq!(page.sorted("state", ""), "/x?only=a&filter=%26b&sort=state");
        assert_eq!(page.kept(), [("only", "a")]);
    }

    #[test]
    fn a_heading_sorts_and_then_turns_around() {
        let page = paging("");
        assert_eq!((page.direction("name"), page.direction("used")), (Some("ascending"), None));
        assert_eq!(page.sorted("name", ""), "/x?sort=name&descending=true");
        assert_eq!(page.sorted("used", "number"), "/x?sort=used&descending=true");
        let page = paging("sort=used&descending=true");
        assert_eq!(page.direction("used"), Some("descending"));
        assert_eq!(page.sorted("used", "number"), "/x?sort=used");
    }
}
