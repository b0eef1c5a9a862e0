//! Which modules of a crate use which others, as far as their paths say: `use` and every path that begins with
//! `crate`, `super` or `self`, or with a child's name.
//!
//! A module is a file. Code for tests does not count. What a module only passes on (`pub use`) is not its own use:
//! whoever takes it from there uses the module that it comes from.

use crate::source::{Word, words};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The parts of a path within a crate; empty for its root.
type Place = Vec<String>;

/// The modules of a crate and what each uses, by their paths; the root is `crate`.
pub type Uses = BTreeMap<String, BTreeSet<String>>;

/// Reads the crate whose `src` folder is given.
pub fn uses(src: &Path) -> Uses {
    let mut files = BTreeMap::new();
    read_folder(src, &[], &mut files);
    let mut modules = Modules::default();
    for (place, source) in &files {
        Scan::new(&mut modules, place).file(&words(source));
    }
    let hidden = std::mem::take(&mut modules.hidden);
    files.retain(|place, _| !hidden.iter().any(|test| place.starts_with(test)));
    let mut uses: Uses = files.keys().map(|place| (shown(place), BTreeSet::new())).collect();
    let shown_paths =
        modules.paths.iter().filter(|(from, _)| !hidden.iter().any(|test| from.starts_with(test)));
    for (from, path) in shown_paths {
        let to = file_of(&modules.resolve(path, 0), &files);
        let from = file_of(from, &files);
        if from != to {
            uses.entry(shown(&from)).or_default().insert(shown(&to));
        }
    }
    uses
}

/// Modules of which each uses, through others, each other one: the larger groups first.
pub fn circles(uses: &Uses) -> Vec<Vec<String>> {
    let reached: BTreeMap<&String, BTreeSet<&String>> =
        uses.keys().map(|module| (module, reached(uses, module))).collect();
    let mut groups: BTreeSet<Vec<String>> = BTreeSet::new();
    for (module, beyond) in &reached {
        let back = |other: &&&String| reached.get(**other).is_some_and(|beyond| beyond.contains(*module));
        let group: Vec<String> = beyond.iter().filter(back).map(|other| (*other).clone()).collect();
        if group.len() > 1 {
            groups.insert(group);
        }
    }
    let mut groups: Vec<Vec<String>> = groups.into_iter().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    groups
}

/// What a module uses, and what that uses, and so on.
fn reached<'a>(uses: &'a Uses, module: &String) -> BTreeSet<&'a String> {
    let (mut found, mut open) = (BTreeSet::new(), vec![module]);
    while let Some(next) = open.pop() {
        for used in uses.get(next).into_iter().flatten() {
            if found.insert(used) {
                open.push(used);
            }
        }
    }
    found
}

fn shown(place: &[String]) -> String {
    if place.is_empty() { "crate".to_owned() } else { place.join("::") }
}

/// The innermost file that holds a place.
fn file_of(place: &[String], files: &BTreeMap<Place, String>) -> Place {
    let mut place = place.to_vec();
    while !place.is_empty() && !files.contains_key(&place) {
        place.pop();
    }
    place
}

/// The sources below a folder. A library and a program of the same crate share the root.
fn read_folder(folder: &Path, place: &[String], files: &mut BTreeMap<Place, String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        let child = || place.iter().cloned().chain([stem.clone()]).collect::<Place>();
        if path.is_dir() {
            if !(place.is_empty() && stem == "bin") {
                read_folder(&path, &child(), files);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let is_root = stem == "mod" || place.is_empty() && (stem == "lib" || stem == "main");
            let source = std::fs::read_to_string(&path).unwrap_or_default();
            files.entry(if is_root { place.to_vec() } else { child() }).or_default().push_str(&source);
        }
    }
}

#[derive(Default)]
struct Modules {
    /// Of each module: its items, what it names by `use`, and the modules of which it takes everything.
    items: BTreeMap<Place, BTreeSet<String>>,
    names: BTreeMap<Place, BTreeMap<String, Place>>,
    globs: BTreeMap<Place, Vec<Place>>,
    /// Who says which path.
    paths: Vec<(Place, Place)>,
    /// Modules that are only there for tests.
    hidden: Vec<Place>,
}

impl Modules {
    /// The module in which a path ends, wherever it was passed on.
    fn resolve(&self, path: &[String], depth: u32) -> Place {
        let mut at = Place::new();
        for (index, part) in path.iter().enumerate() {
            let inner: Place = at.iter().cloned().chain([part.clone()]).collect();
            if self.items.contains_key(&inner) {
                at = inner;
                continue;
            }
            let passed_on = self.source_of(&at, part).filter(|_| depth < 8);
            let Some(source) = passed_on else { return at };
            let rest: Place = source.into_iter().chain(path[index + 1..].iter().cloned()).collect();
            return self.resolve(&rest, depth + 1);
        }
        at
    }

    /// Where a name of a module comes from, if not from itself.
    fn source_of(&self, module: &Place, name: &String) -> Option<Place> {
        if self.items.get(module).is_some_and(|items| items.contains(name)) {
            return None;
        }
        if let Some(path) = self.names.get(module).and_then(|names| names.get(name)) {
            return Some(path.clone());
        }
        let has = |place: &&Place| {
            let items = self.items.get(*place).is_some_and(|items| items.contains(name));
            items || self.names.get(*place).is_some_and(|names| names.contains_key(name))
        };
        let glob = self.globs.get(module)?.iter().find(has)?;
        Some(glob.iter().cloned().chain([name.clone()]).collect())
    }
}

/// Reading one file.
struct Scan<'a> {
    modules: &'a mut Modules,
    /// The module around the present word, and where each inline one ends.
    place: Place,
    ends: Vec<usize>,
    depth: usize,
    children: BTreeSet<String>,
}

impl Scan<'_> {
    fn new<'a>(modules: &'a mut Modules, place: &Place) -> Scan<'a> {
        modules.items.entry(place.clone()).or_default();
        let (ends, children) = (Vec::new(), BTreeSet::new());
        Scan { modules, place: place.clone(), ends, depth: 0, children }
    }

    fn file(&mut self, words: &[Word]) {
        let declared = words.windows(3).filter(|words| words[0].is("mod") && words[2] == Word::Mark(';'));
        self.children = declared.filter_map(|words| name(&words[1])).collect();
        let mut at = 0;
        while at < words.len() {
            at = self.item(words, at);
        }
    }

    /// Reads what begins here; returns where the next thing does.
    fn item(&mut self, words: &[Word], at: usize) -> usize {
        let next = words.get(at + 1);
        let before = at.checked_sub(1).map(|before| &words[before]);
        match &words[at] {
            Word::Mark('#') if next == Some(&Word::Mark('[')) => return self.attribute(words, at),
            Word::Mark('{') => self.depth += 1,
            Word::Mark('}') => {
                self.depth = self.depth.saturating_sub(1);
                if self.ends.last() == Some(&self.depth) {
                    self.ends.pop();
                    self.place.pop();
                }
            }
            Word::Name(word) if word == "mod" && words.get(at + 2) == Some(&Word::Mark('{')) => {
                self.place.extend(next.and_then(name));
                self.modules.items.entry(self.place.clone()).or_default();
                self.ends.push(self.depth);
                self.depth += 1;
                return at + 3;
            }
            Word::Name(word) if word == "use" && before != Some(&Word::Mark('+')) => {
                let passes_on =
                    matches!(before, Some(Word::Mark(')'))) || before.is_some_and(|word| word.is("pub"));
                return self.imports(words, at + 1, passes_on);
            }
            Word::Name(word) if next == Some(&Word::Colons) && !is_inside_a_path(before) => {
                let local = ["crate", "super", "self"].contains(&word.as_str());
                if local || self.ends.is_empty() && self.children.contains(word) {
                    return self.path(words, at);
                }
            }
            Word::Name(word) if KINDS.contains(&word.as_str()) && self.is_at_top() => {
                let items = self.modules.items.entry(self.place.clone()).or_default();
                items.extend(next.and_then(name));
            }
            _ => {}
        }
        at + 1
    }

    fn is_at_top(&self) -> bool {
        self.depth == self.ends.last().map_or(0, |end| end + 1)
    }

    /// A path in the middle of code.
    fn path(&mut self, words: &[Word], at: usize) -> usize {
        let (mut parts, mut end) = (Vec::new(), at);
        while let Some(part) = words.get(end).and_then(name) {
            parts.push(part);
            end += 1;
            if words.get(end) != Some(&Word::Colons) {
                break;
            }
            end += 1;
        }
        if let Some(path) = self.within_crate(parts) {
            self.modules.paths.push((self.place.clone(), path));
        }
        end.max(at + 1)
    }

    /// A `use` up to its semicolon.
    fn imports(&mut self, words: &[Word], at: usize, passes_on: bool) -> usize {
        let mut found = Vec::new();
        let end = tree(words, at, &[], &mut found);
        for (parts, alias) in found {
            let everything = parts.last().is_some_and(|part| part == "*");
            let parts = if everything { parts[..parts.len() - 1].to_vec() } else { parts };
            let Some(path) = self.within_crate(parts) else { continue };
            let module = self.place.clone();
            if everything {
                self.modules.globs.entry(module.clone()).or_default().push(path.clone());
            } else if let Some(name) = alias.or(path.last().cloned()) {
                self.modules.names.entry(module.clone()).or_default().insert(name, path.clone());
            }
            if !passes_on {
                self.modules.paths.push((module, path));
            }
        }
        end
    }

    /// The path from the crate's root; `None` for other crates.
    fn within_crate(&self, parts: Vec<String>) -> Option<Place> {
        let mut parts = parts.into_iter().peekable();
        let mut place = match parts.peek()?.as_str() {
            "crate" => Place::new(),
            "self" | "super" => self.place.clone(),
            child if self.ends.is_empty() && self.children.contains(child) => {
                return Some(self.place.iter().cloned().chain(parts).collect());
            }
            _ => return None,
        };
        while let Some(part) = parts.next_if(|part| ["crate", "self", "super"].contains(&part.as_str())) {
            if part == "super" {
                place.pop();
            }
        }
        place.extend(parts);
        Some(place)
    }

    /// An attribute; one that is for tests only takes what it is written on with it.
    fn attribute(&mut self, words: &[Word], at: usize) -> usize {
        let end = closed(words, at + 1);
        let says = |what: &str| words[at..end].iter().any(|word| word.is(what));
        if !(says("cfg") && says("test")) || says("not") {
            return end;
        }
        let (mut at, mut path) = (end, None);
        while words.get(at) == Some(&Word::Mark('#')) {
            let end = closed(words, at + 1);
            if words[at..end].iter().any(|word| word.is("path")) {
                path = words[at..end].iter().find_map(|word| match word {
                    Word::Text(text) => Some(text.clone()),
                    _ => None,
                });
            }
            at = end;
        }
        let item = at;
        at = skipped(words, at);
        let words = &words[item..at];
        if let Some(module) = words.iter().position(|word| word.is("mod")).and_then(|at| words.get(at + 1)) {
            self.hide(name(module), path);
        }
        at
    }

    fn hide(&mut self, module: Option<String>, path: Option<String>) {
        if let Some(path) = path {
            // From the folder of the file that says so, which may be a `mod.rs`.
            let parts = || path.trim_end_matches(".rs").split('/').map(str::to_owned);
            let folder = &self.place[..self.place.len().saturating_sub(1)];
            self.modules.hidden.push(folder.iter().cloned().chain(parts()).collect());
            self.modules.hidden.push(self.place.iter().cloned().chain(parts()).collect());
        }
        self.modules.hidden.push(self.place.iter().cloned().chain(module).collect());
    }
}

/// What comes before the name of an item.
const KINDS: &[&str] = &["struct", "enum", "union", "trait", "fn", "const", "static", "type", "macro_rules"];

fn name(word: &Word) -> Option<String> {
    match word {
        Word::Name(name) => Some(name.clone()),
        _ => None,
    }
}

/// `pub(in crate::a)` says who may see, not what is used.
fn is_inside_a_path(before: Option<&Word>) -> bool {
    before.is_some_and(|before| *before == Word::Colons || *before == Word::Mark('.') || before.is("in"))
}

/// After the bracket that closes the one at or after `at`.
fn closed(words: &[Word], mut at: usize) -> usize {
    let mut depth = 0;
    while let Some(word) = words.get(at) {
        match word {
            Word::Mark('(' | '[' | '{') => depth += 1,
            Word::Mark(')' | ']' | '}') => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    at
}

/// After the item, field or statement that begins here.
fn skipped(words: &[Word], mut at: usize) -> usize {
    let is_field = matches!(words.get(at + 1), Some(Word::Mark(':' | ',')));
    while let Some(word) = words.get(at) {
        match word {
            Word::Mark('{') => return closed(words, at),
            Word::Mark('(' | '[') => at = closed(words, at),
            Word::Mark(';') => return at + 1,
            Word::Mark(',') if is_field => return at + 1,
            Word::Mark('}') => return at,
            _ => at += 1,
        }
    }
    at
}

/// The paths of a `use`, each with the name that it is given; returns where it ends.
fn tree(words: &[Word], mut at: usize, prefix: &[String], found: &mut Vec<(Place, Option<String>)>) -> usize {
    let mut path = prefix.to_vec();
    let mut alias = None;
    let mut is_group = false;
    while let Some(word) = words.get(at) {
        match word {
            Word::Name(word) if word == "as" => {
                alias = words.get(at + 1).and_then(name);
                at += 1;
            }
            Word::Name(part) if part == "self" && !path.is_empty() => {}
            Word::Name(part) => path.push(part.clone()),
            Word::Mark('*') => path.push("*".to_owned()),
            Word::Mark('{') => {
                is_group = true;
                at += 1;
                while !matches!(words.get(at), None | Some(Word::Mark('}'))) {
                    at = tree(words, at, &path, found);
                    at += usize::from(words.get(at) == Some(&Word::Mark(',')));
                }
            }
            Word::Colons => {}
            _ => break,
        }
        at += 1;
    }
    if !is_group && !path.is_empty() {
        found.push((path, alias));
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// What each module uses, in a crate of these files.
    fn uses_of(test: &str, files: &[(&str, &str)]) -> BTreeMap<String, Vec<String>> {
        let src = std::env::temp_dir().join(format!("architecture-{test}-{}", std::process::id()));
        for (path, source) in files {
            let path = src.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, source).expect("a file");
        }
        let uses = uses(&src);
        fs::remove_dir_all(&src).expect("removed");
        uses.into_iter().map(|(module, uses)| (module, uses.into_iter().collect())).collect()
    }

    #[test]
    fn paths_lead_to_the_file_that_they_come_from() {
        let uses = uses_of(
            "paths",
            &[
                ("lib.rs", "mod a; mod b; pub use b::*; pub use a::inner::Deep; pub struct Top;"),
                ("a/mod.rs", "pub mod inner; use super::Top; fn f() { inner::g() }"),
                ("a/inner.rs", "use crate::{Thing, a}; pub struct Deep; pub(in crate::a) fn g() {}"),
                ("b.rs", "pub struct Thing; mod c { use super::Thing; type D = crate::Deep; }"),
            ],
        );
        assert_eq!(uses["crate"], [""; 0]);
        assert_eq!(uses["a"], ["a::inner", "crate"]);
        assert_eq!(uses["a::inner"], ["a", "b"]);
        assert_eq!(uses["b"], ["a::inner"]);
    }

    #[test]
    fn tests_do_not_count() {
        let uses = uses_of(
            "tests",
            &[
                ("lib.rs", "mod a; mod b; #[cfg(test)] mod helper;"),
                ("a.rs", "#[cfg(test)] mod tests { use crate::b::B; } use crate::b::C;"),
                ("b.rs", "#[cfg(test)] #[path = \"b/t.rs\"] mod tests; #[cfg(test)] use crate::a::X;"),
                ("b/t.rs", "use crate::a::A;"),
                ("helper.rs", "use crate::a::A;"),
            ],
        );
        assert_eq!(uses.keys().collect::<Vec<_>>(), ["a", "b", "crate"]);
        assert_eq!(uses["a"], ["b"]);
        assert_eq!(uses["b"], [""; 0]);
    }

    #[test]
    fn a_circle_has_all_that_lead_back_to_themselves() {
        let arrows = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("e", "f"), ("f", "e"), ("g", "a")];
        let mut uses = Uses::new();
        for (from, to) in arrows {
            uses.entry(from.to_owned()).or_default().insert(to.to_owned());
        }
        assert_eq!(circles(&uses), [vec!["a", "b", "c"], vec!["e", "f"]]);
    }
}
