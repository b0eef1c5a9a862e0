//! Shows the audit log and checks it.

use crate::Manager;
use crate::login::blocking;
use crate::refusal;
use crate::tag::hex;
use nasd_api::deeds::numbers_in;
use nasd_api::{
    AUDIT_PAGE, ApiError, AuditAt, AuditEnding, AuditRecord, AuditVerdict, Call, Count, FilterWords, List,
    ReadAudit, Sentence, Serve, VerifyAudit, wholeness,
};
use nasd_base::NodeId;
use nasd_system::{AuditAsked, AuditColumn, AuditCount, Ending, SystemView};

impl Serve<ReadAudit> for Manager {
    async fn serve(&self, call: Call<ReadAudit>) -> Result<List<AuditRecord>, ApiError> {
        let (limit, is_counted) = (call.at.limit.unwrap_or(AUDIT_PAGE), call.at.sort.is_some());
        let asked = asked(call.at)?;
        let node = self.member().await?.node.clone();
        let reader = node.audit.clone();
        let page = blocking(move || match is_counted {
            true => reader
                .counted(&asked, limit)
                .map(|page| (page.records, Some((page.next, page.previous, page.count)))),
            false => reader.page(&asked, limit).map(|records| (records, None)),
        });
        let (records, around) = page.await?.map_err(refusal::internal)?;
        let view = node.system.view();
        let items = records.into_iter().map(|record| shown(record, &view)).collect();
        Ok(match around {
            Some((next, previous, AuditCount { total, found, skipped })) => {
                List { items, next, previous, count: Some(Count { total, found, skipped }) }
            }
            None => List::from(items),
        })
    }
}

fn shown(record: nasd_system::AuditRecord, view: &SystemView) -> AuditRecord {
    let name = |number: String| {
        let node = view.nodes.get(&NodeId(number.parse().ok()?))?;
        Some((number, node.name.clone()))
    };
    let named = numbers_in(&record.action, &record.actor.address);
    AuditRecord {
        names: named.into_iter().filter_map(name).collect(),
        seq: record.seq,
        at: record.at.secs,
        actor: record.actor.name,
        address: record.actor.address,
        through: record.actor.through,
        action: record.action,
        outcome: record.outcome,
        times: record.times.saturating_add(record.pending),
        hash: hex(&record.hash),
    }
}

/// # Errors
/// `InvalidRequest` for a column that there is not.
fn asked(at: AuditAt) -> Result<AuditAsked, ApiError> {
    let AuditAt {
        before,
        limit: _,
        user,
        about,
        ending,
        since,
        until,
        sort,
        descending,
        filter,
        after,
        up_to,
    } = at;
    let words = FilterWords::of::<AuditRecord>(filter.as_deref().unwrap_or_default());
    let column = |name: &str| {
        AuditColumn::named(name)
            .ok_or_else(|| refusal::sort_unknown(name, AuditColumn::ALL.map(|(name, _)| name).join(", ")))
    };
    let exact = words.exact.into_iter().map(|(name, word, is)| Ok((column(name)?, word, is)));
    let ending = ending.map(|ending| match ending {
        AuditEnding::Done => Ending::Done,
        AuditEnding::Refused => Ending::Refused,
        AuditEnding::Failed => Ending::Failed,
    });
    Ok(AuditAsked {
        before,
        actor: user,
        about,
        ending,
        since,
        until,
        texts: words.texts,
        exact: exact.collect::<Result<_, ApiError>>()?,
        sort: sort.as_deref().map(column).transpose()?,
        descending,
        after,
        up_to,
    })
}

impl Serve<VerifyAudit> for Manager {
    async fn serve(&self, _: Call<VerifyAudit>) -> Result<AuditVerdict, ApiError> {
        use nasd_system::AuditVerdict as Verdict;
        let reader = self.member().await?.node.audit.clone();
        let verdict = blocking(move || reader.verify()).await?;
        Ok(match verdict.map_err(refusal::internal)? {
            Verdict::Intact { first, kept, removed, head } => AuditVerdict {
                intact: true,
                seq: first,
                verdict: what_is_covered(first, removed, head.seq),
                kept,
                removed,
                head: Some(hex(&head.hash)),
            },
            Verdict::Broken { seq, why } => {
                let verdict = wholeness::broken(seq, format!("{why}."));
                AuditVerdict { intact: false, seq, verdict, kept: 0, removed: 0, head: None }
            }
        })
    }
}

/// What a whole log says of itself: which records were removed to make room, and that the others are as they were.
fn what_is_covered(first: u64, removed: u64, last: u64) -> Sentence {
    if last == 0 {
        return wholeness::empty();
    }
    let earlier = first.saturating_sub(1).min(removed);
    match (earlier, removed - earlier) {
        (0, 0) => wholeness::whole(first, last),
        (_, 0) => wholeness::whole_but_oldest(earlier, first, last),
        (0, later) => wholeness::whole_but_most(later, first, last),
        (_, later) => wholeness::whole_but_both(earlier, later, first, last),
    }
}

#[cfg(test)]
mod tests {
    use nasd_api::deeds::is_known;
    use nasd_base::NodeId;
    use nasd_base::file::VolumeLimits;
    use nasd_base::role::{Right, Role};
    use nasd_base::snmp::{AuthProtocol, Privacy};
    use nasd_system::*;

    fn volume_commands() -> Vec<VolumeCommand> {
        let (name, limits) =
            ("demo".to_owned(), VolumeLimits { bytes: Some(1 << 30), ..VolumeLimits::default() });
        let replicas = vec![NodeId(1), NodeId(2)];
        vec![
            VolumeCommand::Create { name: name.clone(), wanted: NewVolume::default() },
            VolumeCommand::Create {
                name: name.clone(),
                wanted: NewVolume { limits, ..NewVolume::default() },
            },
            VolumeCommand::SetDescription { name: name.clone(), description: String::new() },
            VolumeCommand::SetDescription { name: name.clone(), description: "a: b\nas c".to_owned() },
            VolumeCommand::Delete { name: name.clone() },
            VolumeCommand::SetReplicas { name: name.clone(), replicas },
            VolumeCommand::SetLimits { name, limits },
        ]
    }

    fn account_commands() -> Vec<AccountCommand> {
        use AccountCommand as C;
        let (name, user, owned, role) = (|| "amy".to_owned(), || "amy".to_owned(), Vec::new, Role::Auditor);
        let group = || WantedGroup { name: name(), role, owned: owned(), members: ["bob".to_owned()].into() };
        let (address, session) = (|| "192.0.2.1".to_owned(), [1; 32]);
        vec![
            C::CreateSetupToken { token: session, valid_seconds: 60 },
            C::UpdateUser { name: name(), role, owned: owned(), disabled: true },
            C::UpdateUser { name: name(), role, owned: owned(), disabled: false },
            C::DeleteUser { name: name() },
            C::UnlockUser { name: name() },
            C::Guess { name: name(), address: address(), proving: Proving::Login },
            C::Guess { name: name(), address: address(), proving: Proving::Change },
            C::LogIn {
                name: name(),
                checked: session,
                step: None,
                recovery: None,
                session,
                address: address(),
            },
            C::LogIn {
                name: name(),
                checked: session,
                step: None,
                recovery: Some(session),
                session,
                address: address(),
            },
            C::TouchSession { session },
            C::EndSession { id: "0a1b".to_owned() },
            C::CreateApiToken {
                user: user(),
                name: name(),
                token: session,
                scopes: vec![Right::ReadStatus],
                valid_seconds: 60,
            },
            C::DeleteApiToken { user: user(), name: name() },
            C::OfferFactor { user: user(), sealed: Vec::new() },
            C::ConfirmFactor { user: user(), sealed: Vec::new(), step: 1, recovery: Vec::new() },
            C::RemoveFactor { user: user() },
            C::CreateGroup(group()),
            C::UpdateGroup(group()),
            C::DeleteGroup { name: name() },
        ]
    }

    fn other_commands() -> Vec<SystemCommand> {
        let (node, task, path) = (NodeId(2), 7, || "/demo".to_owned());
        let (name, address) = (|| "alpha".to_owned(), || "192.0.2.1:7400".to_owned());
        let settings = SettingsCommand::Change { name: name(), sessions: SessionLimits::default() };
        vec![
            NodeCommand::Activate { node }.into(),
            NodeCommand::SetAddress { node, address: address() }.into(),
            NodeCommand::Remove { node, with_replicas: false }.into(),
            TokenCommand::Create { token: [1; 32], valid_seconds: 900 }.into(),
            TokenCommand::Redeem { token: [1; 32], name: name(), address: address(), key: [1; 32] }.into(),
            ExportCommand::Create { path: path(), volume: name(), clients: Vec::new() }.into(),
            ExportCommand::SetClients { path: path(), clients: Vec::new() }.into(),
            ExportCommand::Delete { path: path() }.into(),
            ClusterCommand::RotateAuthority { fingerprint: [1; 32], started_by: name() }.into(),
            TaskCommand::Start { kind: TaskKind::VerifyData, started_by: name() }.into(),
            TaskCommand::Start { kind: TaskKind::RotateAuthority, started_by: name() }.into(),
            TaskCommand::Cancel { task }.into(),
            settings.into(),
            SettingsCommand::ChangeAll {
                name: name(),
                sessions: SessionLimits::default(),
                time_zone: "Asia/Seoul".into(),
            }
            .into(),
            SettingsCommand::ChangeWithConsole {
                name: name(),
                sessions: SessionLimits::default(),
                time_zone: Some("Asia/Seoul".into()),
                console: "https://nas.example.com".into(),
            }
            .into(),
            SettingsCommand::ChangeWithConsole {
                name: name(),
                sessions: SessionLimits::default(),
                time_zone: None,
                console: String::new(),
            }
            .into(),
        ]
    }

    fn snmp_commands() -> Vec<SystemCommand> {
        let name = || "librenms".to_owned();
        let access = || SnmpAccess { view: "all".to_owned(), sources: vec!["192.0.2.0/24".parse().unwrap()] };
        let (auth, privacy) = (AuthProtocol::Sha256, Privacy::Aes);
        let keys = SnmpKeys { auth, privacy, slots: 256, sealed: Vec::new() };
        let trees = || vec!["1.3.6.1".parse().unwrap(), "1.3.6.2".parse().unwrap()];
        let view = SnmpView { name: name(), included: trees(), excluded: trees() };
        let community = SnmpCommunity { name: name(), hash: [1; 32], access: access() };
        vec![
            SnmpViewCommand::Create(view.clone()).into(),
            SnmpViewCommand::Change(view).into(),
            SnmpViewCommand::Delete { name: name() }.into(),
            SnmpUserCommand::Create(SnmpUser { name: name(), keys: keys.clone(), access: access() }).into(),
            SnmpUserCommand::Change { name: name(), keys: Some(keys), access: access() }.into(),
            SnmpUserCommand::Change { name: name(), keys: None, access: access() }.into(),
            SnmpUserCommand::Delete { name: name() }.into(),
            SnmpCommunityCommand::Create(community).into(),
            SnmpCommunityCommand::Change { name: name(), hash: Some([2; 32]), access: access() }.into(),
            SnmpCommunityCommand::Change { name: name(), hash: None, access: access() }.into(),
            SnmpCommunityCommand::Delete { name: name() }.into(),
            SettingsCommand::SetContact { contact: name(), location: String::new() }.into(),
        ]
    }

    /// What the interface calls a column is one of the log's.
    #[test]
    fn the_log_has_the_columns_of_the_interface() {
        let columns = <nasd_api::AuditRecord as nasd_api::Listed>::COLUMNS.iter().map(|(name, _)| *name);
        assert!(columns.eq(AuditColumn::ALL.map(|(name, _)| name)));
    }

    #[test]
    fn what_the_state_records_has_words_in_both_languages() {
        let volumes = volume_commands().into_iter().map(SystemCommand::from);
        let accounts = account_commands().into_iter().map(SystemCommand::from);
        for command in volumes.chain(accounts).chain(other_commands()).chain(snmp_commands()) {
            assert!(is_known(&command.describe()), "{}", command.describe());
        }
    }
}
