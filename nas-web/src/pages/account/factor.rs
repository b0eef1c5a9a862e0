//! Owns one's second factor: the key as a picture, the code that puts it in force, recovery codes shown once.

use super::page::{page, untouched};
use super::words;
use crate::credentials::proof;
use crate::form::PROOF_FIELD;
use crate::page::{Chrome, Posted, Problems, Refused, Response, StatusCode, Template, done, html, to};
use nasd_api::{ConfirmFactor, FactorOffer, Nothing, OfferFactor, RecoveryCodes, RemoveOwnFactor, Secret};
use qrcode::{Color, QrCode};
use std::fmt::Write;

#[derive(Template)]
#[template(path = "account/factor.html")]
struct OfferPage {
    c: Chrome,
    offer: Option<FactorOffer>,
    qr: Option<Picture>,
    problems: Problems,
}

#[derive(Template)]
#[template(path = "account/codes.html")]
struct CodesPage {
    c: Chrome,
    codes: Vec<Secret>,
}

/// A QR code as one path of squares, with the quiet border of four that readers need.
struct Picture {
    side: usize,
    path: String,
}

const BORDER: usize = 4;

fn picture(text: &str) -> Option<Picture> {
    let code = QrCode::new(text.as_bytes()).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (at, _) in code.to_colors().iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
        let _ = write!(path, "M{} {}h1v1h-1z", at % width + BORDER, at / width + BORDER);
    }
    Some(Picture { side: width + 2 * BORDER, path })
}

pub async fn offer(Posted { member, form }: Posted) -> Result<Response, Refused> {
    if form.is_restored() {
        return Ok(to("/account"));
    }
    let offer = match member.client.call::<OfferFactor>(Nothing, &proof(&form)).await {
        Ok(offer) => offer,
        Err(error) => {
            let problems = Problems::of_error(&member, error, PROOF_FIELD)?;
            return page(&member, untouched(), problems).await;
        }
    };
    let (c, qr) = (member.chrome(words::of(member.language()).factor_title), picture(offer.uri.reveal()));
    Ok(html(StatusCode::OK, OfferPage { c, qr, offer: Some(offer), problems: Problems::default() }))
}

pub async fn confirm(Posted { member, form }: Posted) -> Result<Response, Refused> {
    if form.is_restored() {
        return Ok(to("/account"));
    }
    let request = ConfirmFactor { code: Secret::new(form.get("code")) };
    match member.client.call::<ConfirmFactor>(Nothing, &request).await {
        Ok(RecoveryCodes { codes }) => {
            let c = member.chrome(words::of(member.language()).codes_title);
            Ok(html(StatusCode::OK, CodesPage { c, codes }))
        }
        // The key is on the phone already: only another code is asked for.
        Err(error) => {
            let problems = Problems::of_error(&member, error, "code")?;
            let c = member.chrome(words::of(member.language()).factor_title);
            Ok(html(problems.status(), OfferPage { c, qr: None, offer: None, problems }))
        }
    }
}

pub async fn remove(Posted { member, form }: Posted) -> Result<Response, Refused> {
    if form.is_restored() {
        return Ok(to("/account"));
    }
    match member.client.call::<RemoveOwnFactor>(Nothing, &proof(&form)).await {
        Ok(()) => Ok(done("/account", words::FACTOR_REMOVED, &member.whoami.user)),
        Err(error) => {
            let problems = Problems::of_error(&member, error, PROOF_FIELD)?;
            page(&member, untouched(), problems).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_its_border_and_the_corner_that_readers_look_for() {
        let picture = picture("otpauth://totp/Gotgan:a?secret=JBSWY3DPEHPK3PXP").unwrap();
        assert!(picture.path.starts_with("M4 4h1v1h-1z"), "{}", &picture.path[..20]);
        assert_eq!((picture.side - 2 * BORDER) % 4, 1, "versions of QR codes are 17 + 4n wide");
    }
}
