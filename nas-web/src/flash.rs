//! Owns the message that a change leaves for the page after it: a known code and the name of what was changed.

use crate::words::Words;
use nasd_api::percent_encoded;

/// Longest subject that is carried, in characters.
const SUBJECT_CHARS_MAX: usize = 80;

/// What was done. Only its code travels, so that nobody can make the console say something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    VolumeMade,
    VolumeAndExportMade,
    LimitsSet,
    VolumeDeleted,
    ExportMade,
    ExportChanged,
    ExportDeleted,
    UserMade,
    UserChanged,
    UserDeleted,
    UserUnlocked,
    GroupMade,
    GroupChanged,
    GroupDeleted,
    SettingsChanged,
    PasswordSet,
    FactorRemoved,
    SessionEnded,
    TokenRevoked,
    LoggedOut,
    ClusterMade,
    ClusterJoined,
    TaskCancelled,
    CertificateReplaced,
    CertificateReset,
}

const CODES: [(Done, &str); 25] = [
    (Done::VolumeMade, "volume-made"),
    (Done::VolumeAndExportMade, "volume-shared"),
    (Done::LimitsSet, "limits-set"),
    (Done::VolumeDeleted, "volume-deleted"),
    (Done::ExportMade, "export-made"),
    (Done::ExportChanged, "export-changed"),
    (Done::ExportDeleted, "export-deleted"),
    (Done::UserMade, "user-made"),
    (Done::UserChanged, "user-changed"),
    (Done::UserDeleted, "user-deleted"),
    (Done::UserUnlocked, "user-unlocked"),
    (Done::GroupMade, "group-made"),
    (Done::GroupChanged, "group-changed"),
    (Done::GroupDeleted, "group-deleted"),
    (Done::SettingsChanged, "settings-changed"),
    (Done::PasswordSet, "password-set"),
    (Done::FactorRemoved, "factor-removed"),
    (Done::SessionEnded, "session-ended"),
    (Done::TokenRevoked, "token-revoked"),
    (Done::LoggedOut, "logged-out"),
    (Done::ClusterMade, "cluster-made"),
    (Done::ClusterJoined, "cluster-joined"),
    (Done::TaskCancelled, "task-cancelled"),
    (Done::CertificateReplaced, "certificate-replaced"),
    (Done::CertificateReset, "certificate-reset"),
];

impl Done {
    fn code(self) -> &'static str {
        CODES.iter().find(|(done, _)| *done == self).map(|(_, code)| *code).unwrap_or_default()
    }

    fn sentence(self, w: &Words, subject: &str) -> String {
        let text = match self {
            Done::VolumeMade => w.done_volume_made,
            Done::VolumeAndExportMade => w.done_volume_shared,
            Done::LimitsSet => w.done_limits_set,
            Done::VolumeDeleted => w.done_volume_deleted,
            Done::ExportMade => w.done_export_made,
            Done::ExportChanged => w.done_export_changed,
            Done::ExportDeleted => w.done_export_deleted,
            Done::UserMade => w.done_user_made,
            Done::UserChanged => w.done_user_changed,
            Done::UserDeleted => w.done_user_deleted,
            Done::UserUnlocked => w.done_user_unlocked,
            Done::GroupMade => w.done_group_made,
            Done::GroupChanged => w.done_group_changed,
            Done::GroupDeleted => w.done_group_deleted,
            Done::SettingsChanged => w.done_settings_changed,
            Done::PasswordSet => w.done_password_set,
            Done::FactorRemoved => w.done_factor_removed,
            Done::SessionEnded => w.done_session_ended,
            Done::TokenRevoked => w.done_token_revoked,
            Done::LoggedOut => w.done_logged_out,
            Done::ClusterMade => w.done_cluster_made,
            Done::ClusterJoined => w.done_cluster_joined,
            Done::TaskCancelled => w.done_task_cancelled,
            Done::CertificateReplaced => w.done_certificate_replaced,
            Done::CertificateReset => w.done_certificate_reset,
        };
        text.of(subject)
    }
}

/// For the cookie.
pub fn written(done: Done, subject: &str) -> String {
    let subject: String = subject.chars().take(SUBJECT_CHARS_MAX).collect();
    format!("{}.{}", done.code(), percent_encoded(&subject))
}

/// The sentence that a cookie stands for; nothing for a cookie that this console did not write so.
pub fn read(cookie: &str, w: &Words) -> Option<String> {
    let (code, subject) = cookie.split_once('.')?;
    let (done, _) = CODES.iter().find(|(_, known)| *known == code)?;
    let plus_free = subject.replace('+', "%2B");
    let (subject, _) = form_urlencoded::parse(plus_free.as_bytes()).next().unwrap_or_default();
    Some(done.sentence(w, &subject.chars().take(SUBJECT_CHARS_MAX).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{self, Language};

    #[test]
    fn a_message_comes_back_as_its_sentence() {
        let words = words::of(Language::English);
        let text = read(&written(Done::VolumeMade, "a+b & ü=1"), words).unwrap();
        assert!(text.contains("a+b & ü=1"), "{text}");
        assert_eq!(read("invented.x", words), None);
        assert_eq!(read("", words), None);
    }

    #[test]
    fn every_message_has_a_code_of_its_own() {
        let codes: std::collections::BTreeSet<&str> = CODES.iter().map(|(_, code)| *code).collect();
        assert_eq!(codes.len(), CODES.len());
    }
}
