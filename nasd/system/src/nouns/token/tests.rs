use crate::bench::{Bench, MINUTES, create_token, redeem};
use crate::*;
use nasd_base::NodeId;

#[test]
fn wrong_used_and_expired_tokens_are_told_apart() {
    let mut bench = Bench::of(1);
    bench.done(create_token(2));
    assert_eq!(bench.refused(redeem(3, 2, "beta")), TokenError::TokenUnknown.into());
    let used_by = bench.registered(redeem(2, 2, "beta"));
    assert_eq!(bench.refused(redeem(2, 3, "gamma")), TokenError::TokenUsed(used_by).into());
    bench.done(create_token(4));
    bench.now += 15 * MINUTES - 1;
    let early = bench.registered(redeem(4, 4, "delta"));
    assert_eq!(early, NodeId(bench.index));
    bench.done(create_token(5));
    bench.now += 15 * MINUTES;
    assert_eq!(bench.refused(redeem(5, 5, "epsilon")), TokenError::TokenExpired.into());
    let texts: std::collections::BTreeSet<String> = [
        SystemError::Token(TokenError::TokenUnknown),
        SystemError::Token(TokenError::TokenUsed(used_by)),
        SystemError::Token(TokenError::TokenExpired),
    ]
    .iter()
    .map(ToString::to_string)
    .collect();
    assert_eq!(texts.len(), 3);
}

#[test]
fn a_lost_answer_does_not_burn_the_token() {
    let mut bench = Bench::of(1);
    bench.done(create_token(2));
    let id = bench.registered(redeem(2, 2, "beta"));
    assert_eq!(bench.registered(redeem(2, 2, "beta")), id, "the same key again");
    bench.now += 60 * MINUTES;
    assert_eq!(bench.registered(redeem(2, 2, "beta-2")), id, "even later, and with a better name");
    assert_eq!(bench.view().node(id).unwrap().name, "beta-2");
    bench.done(create_token(3));
    assert_eq!(bench.registered(redeem(3, 2, "beta")), id, "or with a new token");
    bench.done(SystemCommand::Node(NodeCommand::Activate { node: id }));
    assert_eq!(
        bench.refused(redeem(3, 2, "beta")),
        TokenError::TokenUsed(id).into(),
        "an active node has its certificate"
    );
    bench.done(create_token(4));
    assert_eq!(bench.refused(redeem(4, 2, "beta")), NodeError::KeyTaken(id).into());
}

#[test]
fn tokens_live_a_limited_time_and_are_forgotten_later() {
    let mut bench = Bench::of(1);
    for valid_seconds in [0, 24 * 3600 + 1] {
        let command = SystemCommand::Token(TokenCommand::Create { token: [2; 32], valid_seconds });
        assert_eq!(bench.refused(command), TokenError::BadTokenLifetime.into());
    }
    for number in 0..=255 {
        bench.done(create_token(number));
    }
    assert_eq!(bench.refused(create_token(7)), TokenError::TokenExists.into());
    let more = SystemCommand::Token(TokenCommand::Create {
        token: std::array::from_fn(|at| at as u8),
        valid_seconds: 1,
    });
    assert_eq!(bench.refused(more.clone()), TokenError::TooManyTokens(256).into());
    bench.now += 8 * 24 * 60 * MINUTES;
    bench.done(more);
    assert_eq!(bench.view().tokens.len(), 1);
    assert_eq!(bench.refused(redeem(7, 2, "beta")), TokenError::TokenUnknown.into());
}
