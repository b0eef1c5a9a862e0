use super::*;
use proptest::prelude::*;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What stands in a list: its name is its place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Thing {
    name: String,
    size: Option<u64>,
    health: crate::Health,
}

impl Listed for Thing {
    const COLUMNS: &'static [Column<Thing>] = &[
        ("name", |thing| Cell::text(&thing.name)),
        ("size", |thing| Cell::number(thing.size)),
        ("health", |thing| Cell::word(thing.health, thing.health as u64)),
    ];

    fn place(&self) -> String {
        self.name.clone()
    }
}

fn thing(name: &str) -> Thing {
    Thing { name: name.to_owned(), size: None, health: crate::Health::Healthy }
}

fn things(names: &[String]) -> Vec<Thing> {
    names.iter().map(|name| thing(name)).collect()
}

fn names(list: &List<Thing>) -> Vec<&str> {
    list.items.iter().map(|thing| thing.name.as_str()).collect()
}

/// Few values of each column, so that many things have the same, and numbers of different lengths. Names may be cursors.
fn all() -> impl Strategy<Value = Vec<Thing>> {
    let size = prop_oneof![Just(None), prop::sample::select(vec![0, 9, 10, 100, u64::MAX]).prop_map(Some)];
    let health = prop::sample::select(vec![
        crate::Health::Healthy,
        crate::Health::Degraded,
        crate::Health::Unavailable,
    ]);
    let things = prop::collection::btree_map("[abBC0-9 /:é]{1,4}", (size, health), 0..40);
    let thing = |(name, (size, health))| Thing { name, size, health };
    things
        .prop_map(move |things: BTreeMap<_, _>| things.into_iter().map(thing).collect::<Vec<_>>())
        .prop_shuffle()
}

/// Column, direction, filter and size of a page.
fn asked() -> impl Strategy<Value = (Option<&'static str>, bool, Option<&'static str>, usize)> {
    let sort = prop::sample::select(vec![None, Some("name"), Some("size"), Some("health")]);
    let filters = vec![
        None,
        Some("b"),
        Some("a 1"),
        Some("-health:healthy"),
        Some("size:10 B"),
        Some("x:1"),
        Some(":"),
    ];
    (sort, any::<bool>(), prop::sample::select(filters), 1usize..10)
}

/// The same, by looking at everything.
fn oracle(mut all: Vec<Thing>, sort: Option<&str>, descending: bool, filter: Option<&str>) -> Vec<Thing> {
    all.retain(|thing| {
        filter.unwrap_or_default().split_whitespace().all(|word| match word {
            "-health:healthy" => thing.health != crate::Health::Healthy,
            "size:10" => thing.size == Some(10),
            text => thing.name.to_lowercase().contains(&text.to_lowercase()),
        })
    });
    all.sort_by_key(|thing| thing.name.clone());
    let lower = |thing: &Thing| thing.name.to_lowercase();
    match (sort, descending) {
        (None, false) => {}
        (None, true) => all.reverse(),
        (Some("name"), false) => all.sort_by_key(lower),
        (Some("name"), true) => all.sort_by_key(|thing| Reverse(lower(thing))),
        (Some("size"), false) => all.sort_by_key(|thing| thing.size),
        (Some("size"), true) => all.sort_by_key(|thing| Reverse(thing.size)),
        (_, false) => all.sort_by_key(|thing| thing.health),
        (_, true) => all.sort_by_key(|thing| Reverse(thing.health)),
    }
    all
}

fn page((sort, descending, filter, limit): (Option<&str>, bool, Option<&str>, usize)) -> Page<Thing> {
    Page::first(limit).sorted(sort.map(Into::into), descending).filtered(filter.map(Into::into))
}

proptest! {
    #[test]
    fn pages_hold_everything_that_was_asked_for_once_and_in_order(all in all(), asked in asked()) {
        let (sort, descending, filter, limit) = asked;
        let expected = oracle(all.clone(), sort, descending, filter);
        let (mut seen, mut after): (Vec<Thing>, _) = (Vec::new(), None);
        loop {
            let list = page(asked).behind(after).of(all.clone()).unwrap();
            prop_assert_eq!(list.count.unwrap(), Count { total: all.len(), found: expected.len(), skipped: seen.len() });
            prop_assert_eq!(list.previous.is_some(), !seen.is_empty());
            prop_assert!(list.next.is_none() || list.items.len() == limit);
            if let Some(before) = list.previous {
                let back = page(asked).up_to(Some(before)).of(all.clone()).unwrap();
                prop_assert_eq!(&back.items[..], &seen[seen.len() - back.items.len()..]);
                prop_assert_eq!(back.items.len(), limit);
            }
            seen.extend(list.items);
            after = list.next;
            if after.is_none() {
                break;
            }
        }
        prop_assert_eq!(seen, expected);
    }

    #[test]
    fn what_goes_or_comes_between_two_pages_hides_nothing(
        mut all in all(), asked in asked(), gone in 0usize..40, come in "[x-z]{2}",
    ) {
        let (sort, descending, filter, _) = asked;
        let first = page(asked).of(all.clone()).unwrap();
        let Some(next) = first.next else { return Ok(()) };
        all.remove(gone % all.len());
        all.push(thing(&come));
        let rest = page(asked).behind(Some(next)).of(all.clone()).unwrap();
        let left: Vec<Thing> = oracle(all, sort, descending, filter)
            .into_iter()
            .filter(|thing| !first.items.contains(thing) && thing.name != come)
            .collect();
        let rest: Vec<Thing> = rest.items.into_iter().filter(|thing| thing.name != come).collect();
        prop_assert_eq!(&left[..rest.len()], &rest[..]);
    }

    /// Whatever stands in an address, somebody answers.
    #[test]
    fn what_was_never_a_cursor_is_some_place(all in all(), asked in asked(), cursor in "[0-9 a-zé]{0,5}") {
        let list = page(asked).behind(Some(cursor.clone())).of(all.clone()).unwrap();
        prop_assert!(list.items.len() <= asked.3);
        prop_assert!(page(asked).up_to(Some(cursor)).of(all).is_ok());
    }
}

#[test]
fn a_size_that_no_page_has_is_refused() {
    for limit in [0, LIST_PAGE_MAX + 1] {
        assert!(Page::first(limit).of(things(&[])).is_err());
    }
    assert!(Page::first(LIST_PAGE_MAX).of(things(&[])).is_ok());
}

#[test]
fn a_column_that_there_is_not_is_refused_with_those_that_there_are() {
    let refused = Page::default().sorted(Some("colour".into()), false).of(things(&[])).unwrap_err();
    assert_eq!(refused.code, crate::ErrorCode::InvalidRequest);
    assert!(
        refused.message.contains("colour") && refused.message.contains("name, size, health"),
        "{refused}"
    );
}

#[test]
fn between_two_cursors_is_what_stands_there() {
    let all: Vec<String> = ["a", "b", "c", "d", "e"].map(str::to_owned).into();
    let between = Page::default().behind(Some("a".into())).up_to(Some("d".into()));
    let list = between.of(things(&all)).unwrap();
    assert_eq!(
        (names(&list), list.previous.as_deref(), list.next.as_deref()),
        (vec!["b", "c"], Some("b"), Some("c"))
    );
    let nothing = Page::default().behind(Some("e".into())).of(things(&all)).unwrap();
    assert_eq!(
        (names(&nothing), nothing.previous.as_deref(), nothing.next.as_deref()),
        (vec![], Some("e"), None)
    );
}

#[test]
fn the_newest_comes_first_and_numbers_are_no_texts() {
    assert!(newest(10) < newest(9) && number(9) < number(10));
}
