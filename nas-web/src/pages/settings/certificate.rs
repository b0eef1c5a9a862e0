//! Owns replacing the certificate of the node behind this console, and going back to a self-signed one.

use super::words;
use crate::flow::confirm::Confirm;
use crate::flow::create::Create;
use crate::page::{Chrome, Form, Member, Problems, Refused, Response, Template, done, html};
use crate::words::Language;
use nasd_api::{CertificateInfo, NewCertificate, Nothing, ReadCertificate, ResetCertificate, Secret};

const SETTINGS: &str = "/settings";
const DAY: i64 = 86_400;
/// A certificate that ends earlier is warned of: authorities renew theirs by then.
const SOON_DAYS: i64 = 30;

/// What is wrong with the certificate, in words. `now`: seconds since 1970-01-01 UTC.
pub fn warnings(language: Language, certificate: &CertificateInfo, now: i64) -> Vec<String> {
    let w = words::of(language);
    let left = certificate.not_after - now;
    let ends = match left / DAY {
        _ if left < 0 => Some(w.certificate_ended.to_string()),
        days @ 0..=SOON_DAYS => Some(w.certificate_ends.of(days)),
        _ => None,
    };
    let problem =
        certificate.problem.as_ref().map(|problem| w.certificate_problem.of(language.sentence(problem)));
    let self_signed = certificate.self_signed.then(|| w.certificate_self_signed.to_string());
    problem.into_iter().chain(ends).chain(self_signed).collect()
}

#[derive(Template)]
#[template(path = "settings/certificate.html")]
struct ReplacePage {
    c: Chrome,
    form: Form,
    problems: Problems,
}

#[derive(Template)]
#[template(path = "settings/reset.html")]
struct ResetPage {
    c: Chrome,
    certificate: CertificateInfo,
    problems: Problems,
}

pub struct NewPair;

impl Create for NewPair {
    type Make = NewCertificate;
    const FIELD: &'static str = "chain";

    fn blank(_: &Form) -> Form {
        Form::default()
    }

    fn request(member: &Member, form: &Form, problems: &mut Problems) -> Option<NewCertificate> {
        let w = words::of(member.language());
        problems.check(!form.get("chain").is_empty(), "chain", w.certificate_chain_missing);
        problems.check(!form.get("key").is_empty(), "key", w.certificate_key_missing);
        Some(NewCertificate { chain: form.get("chain").to_owned(), key: Secret::new(form.get("key")) })
    }

    async fn page(member: &Member, mut form: Form, problems: Problems) -> Result<Response, Refused> {
        form.forget_key("chain");
        let c = member.chrome(words::of(member.language()).certificate_replace);
        Ok(html(problems.status(), ReplacePage { c, form, problems }))
    }

    async fn done(_: &Member, _: &Form, shown: CertificateInfo) -> Response {
        done(SETTINGS, words::CERTIFICATE_REPLACED, &shown.names.join(", "))
    }
}

pub struct Reset;

impl Confirm for Reset {
    type Act = ResetCertificate;

    fn at(_: &str) -> Nothing {
        Nothing
    }

    async fn page(member: &Member, _: &str, problems: Problems) -> Result<Response, Refused> {
        let certificate = member.ask::<ReadCertificate>(Nothing).await?;
        let c = member.chrome(words::of(member.language()).certificate_reset_title);
        Ok(html(problems.status(), ResetPage { c, certificate, problems }))
    }

    fn done(_: &str) -> Response {
        done(SETTINGS, words::CERTIFICATE_RESET, "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_api::Sentence;
    use std::collections::BTreeMap;

    fn unusable(why: &str) -> Sentence {
        Sentence { reason: String::new(), text: why.to_owned(), values: BTreeMap::new() }
    }

    fn warned(self_signed: bool, not_after: i64, problem: Option<&str>) -> Vec<String> {
        let (names, subject, issuer) = (Vec::new(), String::new(), String::new());
        let (fingerprint, problem) = (String::new(), problem.map(unusable));
        let (not_before, now) = (0, 100 * DAY);
        let certificate = CertificateInfo {
            names,
            subject,
            issuer,
            self_signed,
            not_before,
            not_after,
            fingerprint,
            problem,
        };
        warnings(Language::English, &certificate, now)
    }

    #[test]
    fn the_end_is_warned_of_thirty_days_before() {
        assert!(warned(false, 131 * DAY, None).is_empty());
        assert!(warned(false, 130 * DAY, None)[0].contains("30 days"));
        assert!(warned(false, 100 * DAY, None)[0].contains("0 days"));
        assert!(warned(false, 100 * DAY - 1, None)[0].contains("has expired"));
    }

    #[test]
    fn everything_is_warned_of_at_once() {
        let warned = warned(true, 110 * DAY, Some("the files are torn"));
        assert_eq!(warned.len(), 3);
        assert!(warned[0].contains("the files are torn"), "{warned:?}");
    }
}
