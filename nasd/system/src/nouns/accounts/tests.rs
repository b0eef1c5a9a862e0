use super::*;
use crate::noun::RowChange;
use crate::nouns::volume::Volumes;
use nasd_base::Timestamp;
use nasd_base::role::{Right, Role};
use proptest::prelude::*;
use rusqlite::Connection;

mod guessing;
mod owning;

/// Where everybody logs in from.
const HOME: &str = "192.0.2.9";

/// Accounts in memory and on disk, with a clock.
struct Bench {
    accounts: Accounts,
    volumes: Volumes,
    db: Connection,
    now: i64,
}

/// One that costs nothing: real ones take 20 ms.
fn password(number: u8) -> PasswordHash {
    let bytes = [&[8u8, 1, 1][..], &[number; 48]].concat();
    postcard::from_bytes(&bytes).unwrap()
}

impl Bench {
    fn empty() -> Bench {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(AccountEffect::SCHEMA).unwrap();
        Bench { accounts: Accounts::default(), volumes: Volumes::default(), db, now: 1_800_000_000 }
    }

    /// With the administrator `amy`.
    fn set_up() -> Bench {
        let mut bench = Bench::empty();
        bench.done(AccountCommand::CreateSetupToken { token: [1; 32], valid_seconds: 3600 });
        bench.done(set_up([1; 32], "amy"));
        bench
    }

    fn now(&self) -> Timestamp {
        Timestamp { secs: self.now, nanos: 0 }
    }

    fn run(&mut self, command: &AccountCommand) -> Result<(), AccountError> {
        for effect in decide::change(&self.accounts, &self.volumes, self.now(), command)? {
            effect.write(&self.db).unwrap();
            effect.take(&mut self.accounts);
        }
        Ok(())
    }

    fn decided(&self, command: &AccountCommand) -> Result<Vec<AccountEffect>, AccountError> {
        decide::change(&self.accounts, &self.volumes, self.now(), command)
    }

    fn done(&mut self, command: AccountCommand) {
        assert_eq!(self.run(&command), Ok(()), "{command:?}");
    }

    fn refused(&mut self, command: AccountCommand) -> AccountError {
        let before = self.accounts.clone();
        let refusal = self.run(&command).unwrap_err();
        assert_eq!(self.accounts, before, "a refused command changes nothing");
        refusal
    }

    fn user(&mut self, name: &str, role: Role) {
        let (name, password) = (name.to_owned(), password(7));
        self.done(AccountCommand::CreateUser { name, role, owned: Vec::new(), password });
    }

    fn logs_in(&self, session: u8) -> bool {
        self.accounts.session_user(&[session; 32], self.now()).is_some()
    }
}

fn set_up(token: [u8; 32], name: &str) -> AccountCommand {
    AccountCommand::SetUp { token, name: name.to_owned(), password: password(7) }
}

fn login(name: &str, session: u8) -> AccountCommand {
    AccountCommand::LogIn {
        name: name.to_owned(),
        checked: password(7).id(),
        step: None,
        recovery: None,
        session: [session; 32],
        address: HOME.to_owned(),
    }
}

fn fail(name: &str) -> AccountCommand {
    guess(name, HOME)
}

fn guess(name: &str, address: &str) -> AccountCommand {
    AccountCommand::Guess { name: name.to_owned(), address: address.to_owned(), proving: Proving::Login }
}

fn update(name: &str, role: Role, disabled: bool) -> AccountCommand {
    AccountCommand::UpdateUser { name: name.to_owned(), role, owned: Vec::new(), disabled }
}

fn new_password(name: &str, keep_session: Option<SecretHash>, keep_tokens: bool) -> AccountCommand {
    AccountCommand::SetPassword { name: name.to_owned(), password: password(7), keep_session, keep_tokens }
}

fn api_token(user: &str, name: &str, token: u8, valid_seconds: u32) -> AccountCommand {
    let (user, name, scopes) = (user.to_owned(), name.to_owned(), vec![Right::ReadStatus]);
    AccountCommand::CreateApiToken { user, name, token: [token; 32], scopes, valid_seconds }
}

#[test]
fn a_password_is_known_by_its_hash_only() {
    let hash = PasswordHash::create("correct horse", [3; 16]).unwrap();
    assert!(hash.verify("correct horse") && !hash.verify("correct horsf") && !hash.verify(""));
    assert!(!PasswordHash::of_nobody().verify("correct horse"));
    assert_ne!(hash.id(), PasswordHash::create("correct horse", [4; 16]).unwrap().id());
    assert!(!format!("{hash:?}").contains("horse"));
    for weak in ["", "short", "곳간곳간", &"x".repeat(257)] {
        assert_eq!(PasswordHash::create(weak, [3; 16]), Err(AccountError::WeakPassword), "{weak}");
    }
}

#[test]
fn the_setup_token_makes_one_administrator_once() {
    let mut bench = Bench::empty();
    assert_eq!(bench.refused(set_up([1; 32], "amy")), AccountError::SetupTokenUnknown, "no default way in");
    bench.done(AccountCommand::CreateSetupToken { token: [1; 32], valid_seconds: 3600 });
    bench.done(AccountCommand::CreateSetupToken { token: [2; 32], valid_seconds: 3600 });
    bench.now += 3600;
    assert_eq!(bench.refused(set_up([2; 32], "amy")), AccountError::SetupTokenExpired);
    bench.now -= 1;
    assert_eq!(bench.refused(set_up([2; 32], "Amy!")), AccountError::BadUserName, "and is still good");
    bench.done(set_up([1; 32], "amy"));
    assert_eq!(bench.accounts.users["amy"].role, Role::Administrator);
    assert_eq!(bench.refused(set_up([2; 32], "bob")), AccountError::SetupTokenUnknown, "all are used up");
    let again = AccountCommand::CreateSetupToken { token: [3; 32], valid_seconds: 3600 };
    assert_eq!(bench.refused(again), AccountError::AlreadySetUp);
}

#[test]
fn a_session_ends_idle_and_at_the_latest_after_its_lifetime() {
    let mut bench = Bench::set_up();
    bench.done(login("amy", 1));
    bench.now += 30 * 60 - 1;
    assert!(bench.logs_in(1));
    bench.now += 1;
    assert!(!bench.logs_in(1), "idle");
    assert_eq!(
        bench.refused(AccountCommand::TouchSession { session: [1; 32] }),
        AccountError::UnknownSession
    );
    bench.done(login("amy", 2));
    assert!(!bench.accounts.sessions.contains_key(&[1; 32]), "what has ended is forgotten");
    for _ in 0..12 * 3 {
        assert!(bench.logs_in(2));
        bench.now += 20 * 60;
        let _ = bench.run(&AccountCommand::TouchSession { session: [2; 32] });
    }
    assert!(!bench.logs_in(2), "twelve hours");
}

#[test]
fn use_is_written_down_once_a_minute() {
    let mut bench = Bench::set_up();
    bench.done(login("amy", 1));
    let touch = AccountCommand::TouchSession { session: [1; 32] };
    bench.now += 59;
    assert_eq!(bench.decided(&touch), Ok(Vec::new()));
    bench.now += 1;
    assert_eq!(bench.decided(&touch).unwrap().len(), 1);
}

#[test]
fn disabling_deleting_and_a_new_password_end_sessions() {
    let mut bench = Bench::set_up();
    bench.user("bob", Role::Operator);
    bench.done(login("bob", 1));
    bench.done(login("bob", 2));
    bench.done(login("amy", 3));
    let keep = Some([2; 32]);
    bench.done(api_token("bob", "script", 8, 3600));
    bench.done(new_password("bob", keep, true));
    assert!(!bench.logs_in(1) && bench.logs_in(2) && bench.logs_in(3));
    assert_eq!(bench.accounts.api_tokens.len(), 1, "it was to stay");
    bench.done(api_token("amy", "hers", 10, 3600));
    bench.done(new_password("bob", keep, false));
    assert!(bench.accounts.api_tokens.values().all(|token| token.user == "amy"));
    bench.done(AccountCommand::DeleteApiToken { user: "amy".to_owned(), name: "hers".to_owned() });
    bench.done(update("bob", Role::Operator, true));
    assert!(!bench.logs_in(2));
    assert_eq!(bench.refused(login("bob", 4)), AccountError::BadCredentials);
    bench.done(update("bob", Role::Operator, false));
    bench.done(login("bob", 4));
    bench.done(api_token("bob", "backup", 9, 3600));
    bench.done(AccountCommand::DeleteUser { name: "bob".to_owned() });
    assert!(!bench.logs_in(4) && bench.accounts.api_tokens.is_empty() && bench.logs_in(3));
}

#[test]
fn a_login_that_was_checked_against_an_old_password_is_refused() {
    let mut bench = Bench::set_up();
    let (name, password) = ("amy".to_owned(), password(8));
    let (keep_session, keep_tokens) = (None, true);
    bench.done(AccountCommand::SetPassword { name, password, keep_session, keep_tokens });
    assert_eq!(bench.refused(login("amy", 1)), AccountError::BadCredentials);
    assert_eq!(bench.refused(login("nobody", 1)), AccountError::BadCredentials);
}

#[test]
fn the_last_administrator_stays() {
    let mut bench = Bench::set_up();
    let last = AccountError::LastAdministrator("amy".to_owned());
    assert_eq!(bench.refused(update("amy", Role::Operator, false)), last);
    assert_eq!(bench.refused(update("amy", Role::Administrator, true)), last);
    assert_eq!(bench.refused(AccountCommand::DeleteUser { name: "amy".to_owned() }), last);
    bench.user("bob", Role::Administrator);
    bench.done(update("bob", Role::Administrator, true));
    assert_eq!(bench.refused(update("amy", Role::Operator, false)), last, "a disabled one does not count");
    bench.done(update("bob", Role::Administrator, false));
    bench.done(AccountCommand::DeleteUser { name: "amy".to_owned() });
}

#[test]
fn a_second_factor_is_needed_and_no_code_is_good_twice() {
    let mut bench = Bench::set_up();
    let user = || "amy".to_owned();
    let confirm = |step| AccountCommand::ConfirmFactor {
        user: user(),
        sealed: vec![5; 60],
        step,
        recovery: vec![[1; 32], [2; 32]],
    };
    assert_eq!(bench.refused(confirm(100)), AccountError::NoFactorOffered);
    bench.done(AccountCommand::OfferFactor { user: user(), sealed: vec![4; 60] });
    assert_eq!(bench.refused(confirm(100)), AccountError::NoFactorOffered, "another key was offered");
    bench.done(login("amy", 1));
    bench.done(AccountCommand::OfferFactor { user: user(), sealed: vec![5; 60] });
    bench.done(confirm(100));
    assert_eq!(bench.refused(login("amy", 2)), AccountError::FactorNeeded);
    let with = |step: Option<u64>, recovery: Option<u8>, session: u8| {
        let AccountCommand::LogIn { name, checked, address, .. } = login("amy", 0) else { unreachable!() };
        let recovery = recovery.map(|number| [number; 32]);
        AccountCommand::LogIn { name, checked, step, recovery, session: [session; 32], address }
    };
    assert_eq!(bench.refused(with(Some(100), None, 2)), AccountError::BadCredentials, "used to confirm");
    bench.done(with(Some(101), None, 2));
    assert_eq!(bench.refused(with(Some(101), None, 3)), AccountError::BadCredentials);
    bench.done(with(None, Some(2), 3));
    assert_eq!(bench.refused(with(None, Some(2), 4)), AccountError::BadCredentials);
    bench.done(AccountCommand::RemoveFactor { user: user() });
    assert_eq!(bench.refused(AccountCommand::RemoveFactor { user: user() }), AccountError::NoFactor(user()));
    bench.done(login("amy", 5));
}

#[test]
fn api_tokens_have_names_scopes_and_an_end() {
    let mut bench = Bench::set_up();
    bench.done(api_token("amy", "backup", 1, 3600));
    let exists = AccountError::ApiTokenExists { user: "amy".to_owned(), name: "backup".to_owned() };
    assert_eq!(bench.refused(api_token("amy", "backup", 2, 3600)), exists);
    assert_eq!(bench.refused(api_token("amy", "a b", 2, 3600)), AccountError::BadLabel);
    for seconds in [0, 59, 365 * 24 * 3600 + 1] {
        assert_eq!(bench.refused(api_token("amy", "x", 2, seconds)), AccountError::BadLifetime);
    }
    assert!(bench.accounts.api_token_user(&[1; 32], bench.now()).is_some());
    bench.now += 3600;
    assert!(bench.accounts.api_token_user(&[1; 32], bench.now()).is_none());
    bench.now += 31 * 24 * 3600;
    bench.done(api_token("amy", "backup", 3, 3600));
    assert_eq!(bench.accounts.api_tokens.len(), 1, "the old one was forgotten");
    let delete = || AccountCommand::DeleteApiToken { user: "amy".to_owned(), name: "backup".to_owned() };
    bench.done(delete());
    assert!(matches!(bench.refused(delete()), AccountError::UnknownApiToken { .. }));
}

#[test]
fn one_user_keeps_the_sessions_it_used_last() {
    let mut bench = Bench::set_up();
    for session in 0..40 {
        bench.done(login("amy", session));
        bench.now += 1;
    }
    assert_eq!(bench.accounts.sessions.len(), rules::USER_SESSIONS_MAX);
    assert!(!bench.logs_in(7) && bench.logs_in(8) && bench.logs_in(39));
}

fn group(name: &str, role: Role, members: &[&str]) -> WantedGroup {
    let members = members.iter().map(|member| (*member).to_owned()).collect();
    WantedGroup { name: name.to_owned(), role, owned: Vec::new(), members }
}

#[test]
fn a_group_gives_its_members_rights_until_they_leave_or_it_goes() {
    let mut bench = Bench::set_up();
    bench.user("bob", Role::ShareOwner);
    let stranger = AccountCommand::CreateGroup(group("night", Role::Operator, &["bob", "cat"]));
    assert_eq!(bench.refused(stranger), AccountError::UnknownUser("cat".to_owned()));
    let rights = |bench: &Bench| bench.accounts.grant(&bench.accounts.users["bob"]);
    bench.done(AccountCommand::CreateGroup(group("night", Role::Operator, &["bob"])));
    assert!(rights(&bench).rights.contains(&Right::ChangeStorage) && rights(&bench).owned.is_none());
    let again = AccountCommand::CreateGroup(group("night", Role::Auditor, &[]));
    assert_eq!(bench.refused(again), AccountError::GroupExists("night".to_owned()));
    bench.done(AccountCommand::UpdateGroup(group("night", Role::Operator, &[])));
    assert_eq!(rights(&bench).rights, Role::ShareOwner.rights());
    assert_eq!(rights(&bench).owned, Some(Default::default()), "it owns no volume");
    bench.done(AccountCommand::UpdateGroup(group("night", Role::Auditor, &["amy", "bob"])));
    bench.done(AccountCommand::DeleteUser { name: "bob".to_owned() });
    assert_eq!(bench.accounts.groups["night"].members, ["amy".to_owned()].into());
    bench.done(AccountCommand::DeleteGroup { name: "night".to_owned() });
    assert!(bench.accounts.groups.is_empty());
    let gone = AccountError::UnknownGroup("night".to_owned());
    assert_eq!(bench.refused(AccountCommand::DeleteGroup { name: "night".to_owned() }), gone);
    assert_eq!(bench.refused(AccountCommand::UpdateGroup(group("night", Role::Auditor, &[]))), gone);
}

/// Were a group's administrators enough, deleting the group would leave nobody who could make another.
#[test]
fn an_administrator_by_group_is_not_the_last_one() {
    let mut bench = Bench::set_up();
    bench.user("bob", Role::Operator);
    bench.done(AccountCommand::CreateGroup(group("chiefs", Role::Administrator, &["bob"])));
    let last = AccountError::LastAdministrator("amy".to_owned());
    assert_eq!(bench.refused(update("amy", Role::Operator, false)), last);
    assert_eq!(bench.refused(AccountCommand::DeleteUser { name: "amy".to_owned() }), last);
}

#[test]
fn other_limits_end_sessions_that_are_older_at_once() {
    let mut bench = Bench::set_up();
    bench.done(login("amy", 1));
    bench.now += 10 * 60;
    assert!(bench.logs_in(1));
    let limits = SessionLimits { idle_minutes: 10, total_minutes: 60 };
    AccountEffect::SessionLimits(limits).take(&mut bench.accounts);
    assert!(!bench.logs_in(1));
    let bad = |idle_minutes, total_minutes| {
        check_session_limits(&SessionLimits { idle_minutes, total_minutes }).is_err()
    };
    assert!(bad(4, 60) && bad(61, 60) && bad(60, 24 * 60 + 1) && !bad(5, 5) && !bad(24 * 60, 24 * 60));
}

fn anything() -> impl Strategy<Value = AccountCommand> {
    let name = || prop::sample::select(vec!["amy", "bob", "cat"]).prop_map(str::to_owned);
    let role = || prop::sample::select(Role::ALL.to_vec());
    prop_oneof![
        (name(), role()).prop_map(|(name, role)| AccountCommand::CreateUser {
            name,
            role,
            owned: Vec::new(),
            password: password(7)
        }),
        (name(), role(), any::<bool>()).prop_map(|(name, role, disabled)| update(&name, role, disabled)),
        name().prop_map(|name| AccountCommand::DeleteUser { name }),
        name().prop_map(|name| fail(&name)),
        (name(), 0u8..8).prop_map(|(name, session)| login(&name, session)),
        (0u8..8).prop_map(|session| AccountCommand::TouchSession { session: [session; 32] }),
        (0u8..8).prop_map(|session| AccountCommand::EndSession { id: secret_id(&[session; 32]) }),
        (name(), 0u8..4).prop_map(|(user, number)| api_token(&user, &format!("t{number}"), number, 600)),
        name().prop_map(|name| AccountCommand::UnlockUser { name }),
        (role(), prop::collection::btree_set(name(), 0..3), any::<bool>()).prop_map(
            |(role, members, new)| {
                let group = WantedGroup { name: "night".to_owned(), role, owned: Vec::new(), members };
                if new { AccountCommand::CreateGroup(group) } else { AccountCommand::UpdateGroup(group) }
            }
        ),
        Just(AccountCommand::DeleteGroup { name: "night".to_owned() }),
        (0u8..3).prop_map(|token| set_up([token; 32], "amy")),
        (0u8..3).prop_map(|token| AccountCommand::CreateSetupToken { token: [token; 32], valid_seconds: 60 }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn memory_is_what_the_tables_hold_and_somebody_administers(
        steps in prop::collection::vec((anything(), 0i64..400), 1..60),
    ) {
        let mut bench = Bench::set_up();
        for (command, pause) in steps {
            bench.now += pause;
            let _ = bench.run(&command);
            prop_assert!(bench.accounts.is_set_up());
            let orphan = |user: &String| !bench.accounts.users.contains_key(user);
            prop_assert!(!bench.accounts.sessions.values().any(|session| orphan(&session.user)));
            prop_assert!(!bench.accounts.api_tokens.values().any(|token| orphan(&token.user)));
            prop_assert!(!bench.accounts.groups.values().any(|group| group.members.iter().any(orphan)));
        }
        prop_assert_eq!(AccountEffect::load(&bench.db).unwrap(), bench.accounts);
    }

    #[test]
    fn garbage_is_no_command(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Some(command) = nasd_cluster::decode_all::<AccountCommand>(&bytes) {
            let mut bench = Bench::set_up();
            let _ = bench.run(&command);
        }
    }
}
