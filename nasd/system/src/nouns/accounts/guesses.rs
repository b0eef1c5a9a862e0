//! How wrong passwords and codes are counted, and who has to wait for them.
//!
//! ```text
//!                          free   then a wait of 60 s, doubled by each further one up to 15 min, for
//!  user at one place          5   that user at that place
//!  user at strange places    20   that user wherever it has not logged in before
//!  strange place, any user   30   that place, but for users who have logged in there before
//! ```
//!
//! A place is an IPv4 address or an IPv6 network of 64 bits. Where a user has logged in before, only what was wrong
//! there counts: however many strangers guess from wherever, they do not keep the owner out. Whether there is a user
//! of the name plays no part, so that nobody learns it from a wait. The rows are the cluster's, so that asking another
//! node does not help, and there are at most [`GUESSES_MAX`] of them: the least guessed at give way, those of users
//! that there are last.

use super::tables::{AccountEffect, Accounts, GuessKey, Guesses};
use nasd_base::Timestamp;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// Rows that are kept: to push one out that has been guessed at N times takes as many rows with N each.
pub const GUESSES_MAX: usize = 8192;
/// Places of one user that are remembered; the one that it used least lately gives way.
pub const FAMILIAR_MAX: usize = 16;
const FREE_AT_PLACE: u32 = 5;
const FREE_ELSEWHERE: u32 = 20;
const FREE_OF_PLACE: u32 = 30;
const WAIT_FIRST: u64 = 60;
const WAIT_MAX: u64 = 15 * 60;
/// What was wrong longer ago does not count any more.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(24 * 3600);
/// A place is familiar this long after the last login there.
const FAMILIAR_FOR: Duration = Duration::from_secs(90 * 24 * 3600);
/// Longest address that is told from others, in characters.
const ADDRESS_CHARS_MAX: usize = 80;

const ANY: [u8; 8] = [0; 8];

fn hashed(kind: &str, text: &str) -> [u8; 8] {
    let hash = blake3::derive_key(kind, text.as_bytes());
    hash[..8].try_into().expect("eight of 32 bytes")
}

fn of_user(user: &str) -> [u8; 8] {
    hashed("gotgan 1 guessed user", user)
}

fn of_place(place: &str) -> [u8; 8] {
    hashed("gotgan 1 guessing place", place)
}

/// Where an address is: itself, or the network that one customer of a provider has.
pub fn place(address: &str) -> String {
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => {
            let network = u128::from(address) >> 64 << 64;
            format!("{}/64", Ipv6Addr::from(network))
        }
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => address.chars().take(ADDRESS_CHARS_MAX).collect(),
    }
}

/// The rows that a proof of `user` at `place` counts in, each with how often it may be wrong.
fn counted(accounts: &Accounts, user: &str, place: &str, now: Timestamp) -> Vec<(GuessKey, u32)> {
    let here = GuessKey { user: of_user(user), place: of_place(place) };
    let mut rows = vec![(here, FREE_AT_PLACE)];
    if !accounts.is_familiar(user, place, now) {
        rows.push((GuessKey { place: ANY, ..here }, FREE_ELSEWHERE));
        rows.push((GuessKey { user: ANY, ..here }, FREE_OF_PLACE));
    }
    rows
}

fn is_remembered(guesses: &Guesses, now: Timestamp) -> bool {
    now < guesses.last.plus(FORGOTTEN_AFTER)
}

fn seconds_left(guesses: &Guesses, now: Timestamp) -> Option<u32> {
    let until = guesses.wait_until.filter(|until| now < *until)?;
    u32::try_from((until.secs - now.secs).max(1)).ok()
}

impl Accounts {
    /// How many seconds whoever wants to prove to be `user` from `address` has to wait, whether there is such a user
    /// or not.
    pub fn wait_seconds(&self, user: &str, address: &str, now: Timestamp) -> Option<u32> {
        let rows = counted(self, user, &place(address), now);
        rows.iter().filter_map(|(key, _)| seconds_left(self.guesses.get(key)?, now)).max()
    }

    /// Whether the user has logged in from there of late.
    pub fn knows_place(&self, user: &str, address: &str, now: Timestamp) -> bool {
        self.is_familiar(user, &place(address), now)
    }

    fn is_familiar(&self, user: &str, place: &str, now: Timestamp) -> bool {
        let last = self.familiar.get(user).and_then(|places| places.get(place));
        last.is_some_and(|last| now < last.plus(FAMILIAR_FOR))
    }

    /// How often somebody was wrong about a user at a place, with the place's hash, and when last.
    pub fn guessed(&self) -> impl Iterator<Item = ([u8; 8], u32, Timestamp)> {
        let of_both = self.guesses.iter().filter(|(key, _)| key.user != ANY && key.place != ANY);
        of_both.map(|(key, guesses)| (key.place, guesses.wrong, guesses.last))
    }

    /// The longest that anybody has to wait for having guessed at the user.
    pub fn locked_seconds(&self, user: &str, now: Timestamp) -> Option<u32> {
        rows_of(self, user).filter_map(|key| seconds_left(&self.guesses[&key], now)).max()
    }
}

fn rows_of(accounts: &Accounts, user: &str) -> impl Iterator<Item = GuessKey> {
    let user = of_user(user);
    let all = GuessKey { user, place: [0; 8] }..=GuessKey { user, place: [0xff; 8] };
    accounts.guesses.range(all).map(|(key, _)| *key)
}

/// A proof was wrong. It counts unless it should not have been tried yet.
pub fn count_wrong(accounts: &Accounts, now: Timestamp, user: &str, address: &str) -> Vec<AccountEffect> {
    if accounts.wait_seconds(user, address, now).is_some() {
        return Vec::new();
    }
    let place = place(address);
    let rows = counted(accounts, user, &place, now);
    let mut effects = make_room(accounts, now, &rows);
    effects.extend(rows.into_iter().map(|(key, free)| {
        let before = accounts.guesses.get(&key).filter(|guesses| is_remembered(guesses, now));
        let wrong = before.map_or(0, |guesses| guesses.wrong).saturating_add(1);
        let wait_until = wrong.checked_sub(free).map(|beyond| after(now, beyond));
        AccountEffect::Guesses(key, Guesses { wrong, last: now, wait_until })
    }));
    effects
}

fn after(now: Timestamp, beyond: u32) -> Timestamp {
    let seconds = WAIT_FIRST.checked_shl(beyond.min(16)).unwrap_or(WAIT_MAX).min(WAIT_MAX);
    Timestamp::from_nanos(now.plus(Duration::from_secs(seconds)).as_nanos())
}

/// Forgets what is too old, and where that is not enough the least guessed at.
fn make_room(accounts: &Accounts, now: Timestamp, rows: &[(GuessKey, u32)]) -> Vec<AccountEffect> {
    let new = rows.iter().filter(|(key, _)| !accounts.guesses.contains_key(key)).count();
    let surplus = (accounts.guesses.len() + new).saturating_sub(GUESSES_MAX);
    if surplus == 0 {
        return Vec::new();
    }
    let users: std::collections::BTreeSet<[u8; 8]> =
        accounts.users.keys().map(|name| of_user(name)).collect();
    let mut candidates: Vec<_> = accounts
        .guesses
        .iter()
        .filter(|(key, _)| rows.iter().all(|(needed, _)| needed != *key))
        .map(|(key, guesses)| {
            let protected = key.place == ANY && users.contains(&key.user);
            (is_remembered(guesses, now), protected, guesses.wrong, guesses.last, *key)
        })
        .collect();
    candidates.sort_unstable();
    candidates.into_iter().take(surplus).map(|(.., key)| AccountEffect::NoGuesses(key)).collect()
}

/// The user proved itself there: what was wrong there is forgiven, and strangers elsewhere do not matter there.
pub fn welcome(accounts: &Accounts, now: Timestamp, user: &str, address: &str) -> Vec<AccountEffect> {
    let place = place(address);
    let here = GuessKey { user: of_user(user), place: of_place(&place) };
    let forgiven = accounts.guesses.contains_key(&here).then_some(AccountEffect::NoGuesses(here));
    let mut places = accounts.familiar.get(user).cloned().unwrap_or_default();
    places.retain(|_, last| now < last.plus(FAMILIAR_FOR));
    places.insert(place, now);
    while places.len() > FAMILIAR_MAX {
        let oldest = places.iter().min_by_key(|(_, last)| **last).map(|(place, _)| place.clone());
        oldest.and_then(|oldest| places.remove(&oldest));
    }
    forgiven.into_iter().chain([AccountEffect::Familiar(user.to_owned(), places)]).collect()
}

/// Whoever guessed at the user may go on at once.
pub fn forgive(accounts: &Accounts, user: &str) -> Vec<AccountEffect> {
    rows_of(accounts, user).map(AccountEffect::NoGuesses).collect()
}
