//! Owns how the contract describes what is not a type of this crate: names, paths, networks, roles, secrets that
//! somebody chooses. The daemon's tests hold each description against the rule that is enforced.

use nasd_base::alert::{AlertKind, Severity};
use nasd_base::channel::{ChannelKind, Protection, WebhookFormat};
use nasd_base::description::DESCRIPTION_CHARS_MAX;
use nasd_base::export::Squash;
use nasd_base::role::{Right, Role};
use nasd_base::snmp::{
    AuthProtocol, COMMUNITY_CHARS_MAX, COMMUNITY_CHARS_MIN, OID_ARCS_MAX, PASSPHRASE_CHARS_MAX,
    PASSPHRASE_CHARS_MIN, Privacy,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use std::borrow::Cow;

/// Longest path of an export, in bytes (MNTPATHLEN, RFC 1813 §5.1.3).
pub const EXPORT_PATH_BYTES_MAX: usize = 1024;
/// Longest `host:port`, in bytes: a DNS name and a port.
pub const ADDRESS_BYTES_MAX: usize = 253 + 6;
/// Characters of a new password, fewest and most.
pub const PASSWORD_CHARS_MIN: usize = 10;
pub const PASSWORD_CHARS_MAX: usize = 256;
/// Records of a page of the audit log, at most.
pub const AUDIT_PAGE_MAX: u32 = 500;
/// Things on a page of a list, at most.
pub const LIST_PAGE_MAX: usize = 1000;

pub const VOLUME_NAME: &str = "^[a-z0-9][a-z0-9_-]{0,62}$";
pub const DESCRIPTION: &str = r"^[^\u0000-\u001f\u007f-\u009f]*(\n[^\u0000-\u001f\u007f-\u009f]*)?$";
pub const USER_NAME: &str = "^[a-z][a-z0-9_.-]{0,31}$";
pub const API_TOKEN_NAME: &str = "^[A-Za-z0-9_.-]{1,64}$";
/// Nothing, or where pages are, without a query and a `/` at its end.
pub const CONSOLE_ADDRESS: &str = r"^(https?://[A-Za-z0-9\[]([A-Za-z0-9._~:\[\]/-]*[A-Za-z0-9._~:\[\]-])?)?$";
pub const HOST_NAME: &str = "^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$";
pub const EXPORT_PATH: &str = r"^(/(?!\.{1,2}(/|$))[^/\u0000-\u001f\u007f-\u009f]{1,255})+$";
pub const CHANNEL_NAME: &str = "^[a-z0-9][a-z0-9_-]{0,31}$";
const QUIET_HOURS: &str = "^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$";
const ALERT_OBJECT: &str =
    r"^(cluster|(node|volume)/[^/\u0000-\u001f]+|disk/[^/\u0000-\u001f]+/[^\u0000-\u001f]+)$";
pub const SNMP_NAME: &str = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$";
/// Of one line.
const ONE_LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";
const COMMUNITY: &str = "^[!-~]*$";
const TIME_ZONE: &str = "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$";
const SESSION_ID: &str = "^[0-9a-f]{16}$";
const MODE: &str = "^[0-7]{3,4}$";
const MOUNT_POINT: &str = r"^/[^\u0000]*$";
/// What an authenticator shows has so many digits.
pub const CODE_DIGITS: usize = 6;
const IDEMPOTENCY_KEY: &str = "^[!-~]{1,128}$";
const TAG: &str = "^(\\*|\"[0-9a-f]{32}\")$";

const OCTET: &str = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const PORT: &str = "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";

fn ipv4() -> String {
    format!("({OCTET}\\.){{3}}{OCTET}")
}

/// All but those that end like an IPv4 address.
fn ipv6() -> String {
    const GROUP: &str = "[0-9A-Fa-f]{1,4}";
    let mut forms = vec![format!("({GROUP}:){{7}}{GROUP}"), format!("({GROUP}:){{1,7}}:")];
    forms.extend((1..=6).map(|left| format!("({GROUP}:){{{left}}}(:{GROUP}){{1,{}}}", 7 - left)));
    forms.push(format!(":((:{GROUP}){{1,7}}|:)"));
    format!("({})", forms.join("|"))
}

pub fn network_pattern() -> String {
    let (v4_bits, v6_bits) = ("(3[0-2]|[12]?[0-9])", "(12[0-8]|1[01][0-9]|[1-9]?[0-9])");
    format!("^({}(/{v4_bits})?|{}(/{v6_bits})?)$", ipv4(), ipv6())
}

/// Numbers of 32 bits below 1.3.
pub fn oid_pattern() -> String {
    const ARC: &str = "(0|[1-9][0-9]{0,8}|[1-3][0-9]{9}|4[01][0-9]{8}|42[0-8][0-9]{7}|429[0-3][0-9]{6}|4294[0-8][0-9]{5}\
        |42949[0-5][0-9]{4}|429496[0-6][0-9]{3}|4294967[01][0-9]{2}|42949672[0-8][0-9]|429496729[0-5])";
    format!("^1\\.3(\\.{ARC}){{0,{}}}$", OID_ARCS_MAX - 2)
}

pub fn address_pattern() -> String {
    format!("^(?!0\\.0\\.0\\.0:|\\[[0:]+\\]:)([A-Za-z0-9._-]+|\\[{}\\]):{PORT}$", ipv6())
}

fn words<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> Value {
    json!({ "type": "string", "enum": all.iter().map(|one| name(*one)).collect::<Vec<_>>() })
}

fn channel_target() -> Value {
    let text = || json!({ "type": "string" });
    let server = || json!({ "type": "string", "pattern": address_pattern(), "maxLength": ADDRESS_BYTES_MAX });
    let protection = |all: &[Protection]| words(all, Protection::name);
    let who = || json!({ "type": "string", "maxLength": 128 });
    let mailbox =
        || json!({ "type": "string", "maxLength": 254, "pattern": "^[^@\\s<>,;\"]+@[^@\\s<>,;\"]+$" });
    let recipients = json!({ "type": "array", "items": mailbox(), "minItems": 1, "maxItems": 20 });
    let one = |kind: ChannelKind, fields: Value| {
        let names: Vec<String> =
            fields.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        let inside = json!({
            "type": "object", "properties": fields, "required": names, "additionalProperties": false,
        });
        let name = kind.name();
        json!({
            "type": "object", "properties": { name: inside }, "required": [name], "additionalProperties": false,
        })
    };
    let url = json!({ "type": "string", "pattern": "^https?://[A-Za-z0-9\\[][!-~]*$", "maxLength": 1024 });
    let email = json!({
        "server": server(), "protection": protection(&Protection::ALL), "user": who(), "from": mailbox(),
        "to": recipients,
    });
    let webhook =
        json!({ "url": url, "format": words(&WebhookFormat::ALL, WebhookFormat::name), "chat": who() });
    let syslog = json!({
        "server": server(), "protection": protection(&[Protection::Tls, Protection::None]),
    });
    let snmp = json!({ "server": server(), "inform": { "type": "boolean" }, "user": text() });
    json!({ "oneOf": [
        one(ChannelKind::Email, email),
        one(ChannelKind::Webhook, webhook),
        one(ChannelKind::Syslog, syslog),
        one(ChannelKind::Snmp, snmp),
    ] })
}

/// Types that nothing is made of: fields and parameters name them to say what they look like.
macro_rules! described {
    ($($(#[$about:meta])+ $name:ident: $schema:expr;)+) => {$(
        $(#[$about])+
        pub struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let schema: Value = $schema;
                schema.try_into().unwrap_or_else(|_| json_schema!({}))
            }
        }
    )+};
}

described! {
    /// See [`crate::check_volume_name`].
    VolumeName: json!({ "type": "string", "pattern": VOLUME_NAME });
    /// What a volume is for.
    DescriptionText: json!({
        "type": "string", "pattern": DESCRIPTION, "maxLength": DESCRIPTION_CHARS_MAX,
        "description": "A line or two, without other control characters than the end of the first",
    });
    /// What somebody logs in as.
    UserName: json!({ "type": "string", "pattern": USER_NAME });
    /// One token among those of its user.
    ApiTokenName: json!({ "type": "string", "pattern": API_TOKEN_NAME });
    /// Names a session; useless for using it.
    SessionId: json!({ "type": "string", "pattern": SESSION_ID });
    /// A host name, which a cluster's name is like.
    HostName: json!({ "type": "string", "pattern": HOST_NAME });
    /// Where people open the console.
    ConsoleAddress: json!({ "type": "string", "pattern": CONSOLE_ADDRESS, "maxLength": 255 });
    /// A time zone of the IANA database.
    TimeZoneName: json!({
        "type": "string", "pattern": TIME_ZONE, "maxLength": 64,
        "description": "A name of the IANA database, for instance Asia/Seoul",
    });
    /// `host:port` of one node.
    Address: json!({ "type": "string", "pattern": address_pattern(), "maxLength": ADDRESS_BYTES_MAX });
    /// What NFS clients mount.
    ExportPath: json!({
        "type": "string", "pattern": EXPORT_PATH, "maxLength": EXPORT_PATH_BYTES_MAX,
        "description": "At most 1024 bytes of UTF-8, at most 255 between two slashes",
    });
    /// Permission bits in octal, as for chmod(1).
    ModeText: json!({ "type": "string", "pattern": MODE });
    /// A directory of a node.
    MountPoint: json!({ "type": "string", "pattern": MOUNT_POINT });
    /// An address or a network of clients.
    NetworkText: json!({ "type": "string", "pattern": network_pattern() });
    /// What SNMP calls a user, and people a community or a view.
    SnmpName: json!({ "type": "string", "pattern": SNMP_NAME });
    /// A part of the tree of SNMP's objects.
    OidText: json!({ "type": "string", "pattern": oid_pattern(), "examples": ["1.3.6.1.2.1"] });
    /// How an SNMP user is proved.
    AuthName: words(&AuthProtocol::ALL, AuthProtocol::name);
    /// How what an SNMP user reads is kept from others.
    PrivacyName: words(&Privacy::ALL, Privacy::name);
    /// What a key of SNMP is made of.
    PassphraseText: json!({
        "type": "string", "minLength": PASSPHRASE_CHARS_MIN, "maxLength": PASSPHRASE_CHARS_MAX,
    });
    /// What SNMPv2c send in clear.
    CommunityText: json!({
        "type": "string", "pattern": COMMUNITY, "minLength": COMMUNITY_CHARS_MIN, "maxLength": COMMUNITY_CHARS_MAX,
    });
    /// Who or where, in a line.
    LineText: json!({
        "type": "string", "pattern": ONE_LINE, "maxLength": 255, "description": "At most 255 bytes of UTF-8",
    });
    /// What a user is to the cluster.
    RoleName: words(&Role::ALL, Role::name);
    /// What a caller may be allowed to do.
    RightName: words(&Right::ALL, Right::name);
    /// Which callers of NFS become the anonymous user.
    SquashName: json!({ "type": "string", "enum": [Squash::Root, Squash::All, Squash::None] });
    /// A password that is to be.
    NewPasswordText: json!({
        "type": "string", "minLength": PASSWORD_CHARS_MIN, "maxLength": PASSWORD_CHARS_MAX,
    });
    /// What an authenticator shows.
    Code: json!({ "type": "string", "pattern": format!("^[0-9]{{{CODE_DIGITS}}}$") });
    /// What is wrong.
    AlertKindName: words(AlertKind::ALL, AlertKind::name);
    /// How bad it is.
    SeverityName: words(&Severity::ALL, Severity::name);
    /// What an alert is about.
    AlertObjectName: json!({ "type": "string", "pattern": ALERT_OBJECT, "maxLength": 300 });
    /// One way to somebody.
    ChannelName: json!({ "type": "string", "pattern": CHANNEL_NAME });
    /// How a channel reaches somebody.
    ChannelKindName: words(&ChannelKind::ALL, ChannelKind::name);
    /// Hours of a day.
    QuietHoursText: json!({ "type": "string", "pattern": QUIET_HOURS });
    /// Where a channel ends: an object whose one key is its kind.
    ChannelTargetText: channel_target();
    /// How many records of the audit log.
    PageSize: json!({ "type": "integer", "minimum": 1, "maximum": AUDIT_PAGE_MAX });
    /// How many things of a list.
    ListPageSize: json!({ "type": "integer", "minimum": 1, "maximum": LIST_PAGE_MAX });
    /// A list's `next`.
    Cursor: json!({ "type": "string" });
    /// A caller's own name for a change, so that it can be repeated.
    IdempotencyKey: json!({ "type": "string", "pattern": IDEMPOTENCY_KEY });
    /// The `ETag` of what the caller looked at; `*` for whatever it is by then.
    Tag: json!({ "type": "string", "pattern": TAG });
}
