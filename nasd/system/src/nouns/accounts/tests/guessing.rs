//! Who has to wait for wrong passwords, and who never does. Five wrong passwords from anywhere used to lock a user for
//! everybody, so that a stranger could keep the administrator out for ever, and a name that was never locked was no
//! user's.

use super::*;
use crate::nouns::accounts::guesses::{FAMILIAR_MAX, GUESSES_MAX, place};

fn login_from(name: &str, session: u8, address: &str) -> AccountCommand {
    let AccountCommand::LogIn { name, checked, step, recovery, session, .. } = login(name, session) else {
        unreachable!()
    };
    AccountCommand::LogIn { name, checked, step, recovery, session, address: address.to_owned() }
}

fn wait(bench: &Bench, name: &str, address: &str) -> Option<u32> {
    bench.accounts.wait_seconds(name, address, bench.now())
}

/// Addresses that nobody has seen before.
fn stranger(number: u32) -> String {
    format!("198.{}.{}.{}", 51 + (number >> 16), number >> 8 & 0xff, number & 0xff)
}

#[test]
fn five_wrong_passwords_in_one_place_wait_there_for_a_time_that_grows_and_ends() {
    let mut bench = Bench::set_up();
    for _ in 0..4 {
        bench.done(fail("amy"));
    }
    bench.done(login("amy", 1));
    for _ in 0..5 {
        bench.done(fail("amy"));
    }
    let locked = |seconds| AccountError::Locked { name: "amy".to_owned(), seconds };
    assert_eq!(bench.refused(login("amy", 2)), locked(60), "the right password does not help");
    let before = bench.accounts.guesses.clone();
    bench.done(fail("amy"));
    assert_eq!(bench.accounts.guesses, before, "what comes too early is not counted");
    let mut waits = Vec::new();
    for _ in 0..7 {
        let seconds = wait(&bench, "amy", HOME).unwrap();
        waits.push(seconds);
        bench.now += i64::from(seconds);
        bench.done(fail("amy"));
    }
    assert_eq!(waits, [60, 120, 240, 480, 900, 900, 900]);
    bench.done(AccountCommand::UnlockUser { name: "amy".to_owned() });
    bench.done(login("amy", 2));
    assert!(wait(&bench, "amy", HOME).is_none());
}

#[test]
fn no_number_of_strangers_keeps_the_administrator_out() {
    let mut bench = Bench::set_up();
    bench.done(login("amy", 1));
    for number in 0..2000 {
        bench.done(guess("amy", &stranger(number)));
        bench.now += 7;
    }
    assert!(wait(&bench, "amy", &stranger(5000)).is_some(), "whoever comes from elsewhere waits");
    assert!(bench.accounts.locked_seconds("amy", bench.now()).is_some(), "which is shown");
    assert_eq!(wait(&bench, "amy", HOME), None, "where amy logged in before, none of that counts");
    bench.done(login("amy", 2));
    bench.done(AccountCommand::UnlockUser { name: "amy".to_owned() });
    bench.done(login_from("amy", 3, &stranger(5000)));
}

/// The sixth attempt used to be refused with 429 where there is a user and with 401 where there is none.
#[test]
fn whether_there_is_a_user_changes_no_wait() {
    let mut bench = Bench::set_up();
    for number in 0..60 {
        let place = stranger(number % 7);
        for name in ["amy", "nobody"] {
            bench.done(guess(name, &place));
        }
        let waits = ["amy", "nobody"].map(|name| wait(&bench, name, &place));
        assert_eq!(waits[0], waits[1], "after {number} attempts");
        bench.now += 20;
    }
}

#[test]
fn many_places_together_wait_as_long_as_one() {
    let mut bench = Bench::set_up();
    let (mut tried, end) = (0, bench.now + 24 * 3600);
    for number in 0.. {
        if bench.now >= end {
            break;
        }
        match wait(&bench, "amy", &stranger(number)) {
            Some(seconds) => bench.now += i64::from(seconds),
            None => {
                bench.done(guess("amy", &stranger(number)));
                tried += 1;
            }
        }
    }
    assert!((100..140).contains(&tried), "{tried} guesses of a botnet in a day");
}

#[test]
fn one_place_that_tries_all_names_waits() {
    let mut bench = Bench::set_up();
    let users = (0..).take_while(|number| {
        let name = format!("user{number}");
        let admitted = wait(&bench, &name, "203.0.113.5").is_none();
        bench.done(guess(&name, "203.0.113.5"));
        admitted
    });
    assert_eq!(users.count(), 30);
    bench.done(login("amy", 1));
    assert_eq!(wait(&bench, "amy", HOME), None);
}

#[test]
fn a_network_of_one_customer_is_one_place() {
    assert_eq!(place("2001:db8:1:2::3"), place("2001:db8:1:2:ffff::4"));
    assert_ne!(place("2001:db8:1:2::3"), place("2001:db8:1:3::3"));
    assert_eq!(place("::ffff:192.0.2.9"), "192.0.2.9");
    assert!(place(&"x".repeat(10_000)).len() <= 80);
}

#[test]
fn rows_are_bounded_and_pushing_one_out_costs_more_than_it_gives() {
    let mut bench = Bench::set_up();
    for _ in 0..5 {
        bench.done(guess("amy", "203.0.113.5"));
        bench.done(guess("nobody", "203.0.113.6"));
    }
    for number in 0..2 * GUESSES_MAX as u32 {
        let command = guess(&format!("u{number}"), &stranger(number));
        for effect in bench.decided(&command).unwrap() {
            effect.take(&mut bench.accounts);
        }
    }
    assert!(bench.accounts.guesses.len() <= GUESSES_MAX);
    for (name, place) in [("amy", "203.0.113.5"), ("nobody", "203.0.113.6")] {
        assert!(wait(&bench, name, place).is_some(), "{name}");
    }
    assert!(bench.accounts.locked_seconds("amy", bench.now()).is_some());
}

#[test]
fn a_user_is_known_in_the_places_it_used_last() {
    let mut bench = Bench::set_up();
    for number in 0..40 {
        bench.done(login_from("amy", number as u8, &stranger(number)));
        bench.now += 1;
    }
    assert_eq!(bench.accounts.familiar["amy"].len(), FAMILIAR_MAX);
    assert!(bench.accounts.knows_place("amy", &stranger(39), bench.now()));
    assert!(!bench.accounts.knows_place("amy", &stranger(3), bench.now()));
    bench.now += 91 * 24 * 3600;
    assert!(!bench.accounts.knows_place("amy", &stranger(39), bench.now()), "after three months");
}

/// Whoever is made anew under the name of somebody else begins with nothing of theirs.
#[test]
fn a_deleted_users_places_go_with_it() {
    let mut bench = Bench::set_up();
    bench.user("bob", Role::Operator);
    bench.done(login("bob", 1));
    bench.done(fail("bob"));
    bench.done(AccountCommand::DeleteUser { name: "bob".to_owned() });
    assert!(bench.accounts.familiar.is_empty());
    bench.user("bob", Role::Operator);
    assert!(!bench.accounts.knows_place("bob", HOME, bench.now()));
}
