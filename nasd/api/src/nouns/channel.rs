//! Owns what is said about channels, over which alerts are delivered, and what can be asked about them.

use crate::access::Access;
use crate::described::{ChannelName, ChannelTargetText, QuietHoursText, SeverityName};
use crate::operation::{HasTag, Nothing, Operation, Shape, Tagged, operations};
use crate::paging::{Cell, Column, Listed, Page};
use crate::{ErrorCode, List, Secret};
use nasd_base::alert::Severity;
use nasd_base::channel::{ChannelKind, ChannelTarget};
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A week.
pub const ESCALATION_MINUTES_MAX: u16 = 7 * 24 * 60;

/// What people are told in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Speech {
    #[default]
    #[serde(rename = "en")]
    English,
    #[serde(rename = "ko")]
    Korean,
}

fn yes() -> bool {
    true
}

fn warning() -> Severity {
    Severity::Warning
}

/// What can be set of a channel, without its name and its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelPlan {
    #[schemars(with = "ChannelTargetText")]
    pub target: ChannelTarget,
    /// Nothing is delivered over one that is off.
    #[serde(default = "yes")]
    pub on: bool,
    /// Alerts of this severity, and worse.
    #[serde(default = "warning")]
    #[schemars(with = "SeverityName")]
    pub least: Severity,
    /// Only what nobody has acknowledged for so many minutes; 0: everything, at once.
    #[serde(default)]
    #[schemars(range(max = ESCALATION_MINUTES_MAX))]
    pub after_minutes: u16,
    /// In the cluster's time zone; then only what is critical is delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<QuietHoursText>")]
    pub quiet: Option<String>,
    #[serde(default)]
    pub speech: Speech,
}

/// One way to somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Channel {
    pub name: String,
    pub plan: ChannelPlan,
    /// It has a secret, which nobody is shown.
    pub has_secret: bool,
    /// Whether the latest delivery arrived, and when it ended. Absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<LastDelivery>,
    /// For `If-Match`.
    pub etag: String,
}

/// How the latest delivery over a channel ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LastDelivery {
    /// Seconds since 1970-01-01 UTC.
    pub at: i64,
    pub arrived: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateChannel {
    #[schemars(with = "ChannelName")]
    pub name: String,
    pub plan: ChannelPlan,
    /// The password of an email channel's user, the key that a webhook's messages are signed with, what stands for
    /// `{secret}` in its address, or the community of SNMPv2c.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
}

/// Replaces all of it but the secret, which stays unless there is one here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateChannel {
    pub plan: ChannelPlan,
    /// An empty one removes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
}

/// Which channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelAt {
    #[schemars(with = "ChannelName")]
    pub name: String,
}

impl ChannelAt {
    pub fn new(name: &str) -> ChannelAt {
        ChannelAt { name: name.into() }
    }
}

impl Channel {
    pub fn kind(&self) -> ChannelKind {
        self.plan.target.kind()
    }
}

const PATH: &str = "/channels";
const ONE: &str = "/channels/{name}";
const SEE: Access = Access::Needs(Right::ReadStatus);
/// Messages say what is wrong with the cluster, and channels make its nodes connect to whatever they name.
const CHANGE: Access = Access::Needs(Right::ChangeCluster);

operations! {
    /// The channels, in the order of their names. Whoever may not change them sees webhooks without the paths of their
    /// addresses, which may let somebody write there.
    ListChannels(Page<Channel>) -> List<Channel> = Shape::get(PATH, SEE, "The channels of alerts").korean("알림 채널 목록");

    /// One channel, with the tag that changing it can name; a webhook's address as in the list.
    ReadChannel(ChannelAt) -> Tagged<Channel> = Shape::get(ONE, SEE, "One channel").korean("채널 하나");

    /// Deletes a channel, and what was to be delivered over it.
    DeleteChannel(ChannelAt) -> Nothing = Shape::delete(ONE, CHANGE, "Delete a channel");

    /// Delivers a message over it, once; the deliveries say whether it arrived. `Conflict` while another one is under way.
    TestChannel(ChannelAt) -> Nothing =
        Shape::post("/channels/{name}/test", CHANGE, "Try a channel").refuses(&[ErrorCode::Conflict]);
}

impl Operation for CreateChannel {
    type At = Nothing;
    type Body = Self;
    type Reply = Channel;

    const SHAPE: Shape = Shape::post(PATH, CHANGE, "Make a channel")
        .refuses(&[ErrorCode::AlreadyExists, ErrorCode::Conflict])
        .repeatable()
        .secret();
}

impl Operation for UpdateChannel {
    type At = ChannelAt;
    type Body = Self;
    type Reply = Tagged<Channel>;

    const SHAPE: Shape =
        Shape::put(ONE, CHANGE, "Change a channel").refuses(&[ErrorCode::Conflict]).conditional().secret();
}

impl HasTag for Channel {
    fn tag(&self) -> &str {
        &self.etag
    }
}

impl Listed for Channel {
    const COLUMNS: &'static [Column<Channel>] = &[
        ("name", |channel| Cell::text(&channel.name)),
        ("kind", |channel| Cell::word(channel.kind(), channel.kind() as u64)),
        ("to", |channel| Cell::text(channel.plan.target.place())),
        ("least", |channel| Cell::word(channel.plan.least, channel.plan.least as u64)),
        ("on", |channel| Cell::yes(channel.plan.on)),
    ];

    fn place(&self) -> String {
        self.name.clone()
    }
}

crate::refused::refusals! {
    unknown_channel(it): NotFound,
        "there is no channel {it}",
        "채널 {it}이(가) 없습니다";
    channel_exists(it): AlreadyExists,
        "there is a channel {it} already",
        "채널 {it}이(가) 이미 있습니다";
    channel_made_behind(): Unavailable,
        "the channel was made, but this node is behind",
        "채널을 만들었지만 이 노드가 아직 최신 상태가 아닙니다";
    quiet_hours_unreadable(it): InvalidRequest,
        "`{it}` are no hours: write them like 22:00-07:00",
        "`{it}`은(는) 시간이 아닙니다. 22:00-07:00처럼 쓰십시오";
    channel_secret_unreadable(name): Unavailable,
        "the secret of channel {name} cannot be read; set it anew",
        "채널 {name}의 비밀 값을 읽을 수 없습니다. 다시 설정하십시오";
    {
        bad_channel_name("`{it}` is no name of a channel: use 1 to 32 of a-z, 0-9, `-` and `_`, beginning with a letter or digit"):
            "`{it}`은(는) 채널 이름이 될 수 없습니다. a-z, 0-9, `-`, `_` 로 1~32자이고 글자나 숫자로 시작합니다";
        bad_server("`{it}` is no server of a channel: write HOST:PORT"): "`{it}`은(는) 채널의 서버가 아닙니다. 호스트:포트로 쓰십시오";
        bad_url("`{it}` is no address of a webhook: it begins with http:// or https:// and has at most 1024 bytes"):
            "`{it}`은(는) 웹훅의 주소가 아닙니다. http:// 또는 https:// 로 시작하고 최대 1024바이트입니다";
        bad_mailbox("`{it}` is no address of a mailbox"): "`{it}`은(는) 이메일 주소가 아닙니다";
        bad_recipients("an email channel has 1 to 20 recipients"): "이메일 채널의 받는 사람은 1~20명입니다";
        bad_who("`{it}` cannot be the user or chat of a channel"): "`{it}`은(는) 채널의 사용자나 대화방이 될 수 없습니다";
        no_start_tls("syslog knows TLS from the first byte, or none"): "syslog는 처음부터 TLS이거나 TLS가 없습니다";
        telegram_unfit("a Telegram channel needs a chat, and a place for its bot's token in the address"):
            "Telegram 채널에는 대화방과 주소 안의 봇 토큰 자리가 필요합니다";
        secret_missing("this channel needs a secret: the password of its user, the token of its bot, or its community"):
            "이 채널에는 비밀 값이 필요합니다: 사용자의 비밀번호, 봇의 토큰 또는 커뮤니티";
        bad_escalation("a channel waits at most 10080 minutes for somebody to acknowledge"): "채널이 확인을 기다리는 시간은 최대 10080분입니다";
        bad_quiet_hours("quiet hours are within a day"): "방해 금지 시간은 하루 안의 시간입니다";
        secret_too_long("the secret of a channel is too long"): "채널의 비밀 값이 너무 깁니다";
        too_many_channels("there are 64 channels already"): "채널이 이미 64개 있습니다";
        test_under_way("a test of channel {it} is still under way"): "채널 {it}의 시험 전송이 아직 진행 중입니다";
    }
}

crate::deed::deeds! {
    "create channel {name}: {kind} to {place}":
        "created channel {name}: {kind} to {place}",
        "채널 {name} 생성: {kind}, {place}";
    "change channel {name}: {kind} to {place}":
        "changed channel {name}: {kind} to {place}",
        "채널 {name} 변경: {kind}, {place}";
    "delete channel {name}":
        "deleted channel {name}",
        "채널 {name} 삭제";
    "test channel {name}":
        "tried channel {name}",
        "채널 {name} 시험";
    "make a channel":
        "made a channel",
        "채널 생성";
    "change a channel":
        "changed a channel",
        "채널 변경";
    "delete a channel":
        "deleted a channel",
        "채널 삭제";
    "try a channel":
        "tried a channel",
        "채널 시험";
}
