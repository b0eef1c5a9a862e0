//! Owns Korean particles, whose form depends on the sound before them. Words are written down with both forms behind the
//! place of a value, as in `{}을(를)`; whoever fills the place in appends them with [`append`], and one is left.

/// Both forms, the one behind a consonant and the one behind a vowel.
const PARTICLES: [(&str, &str, &str); 5] = [
    ("을(를)", "을", "를"),
    ("이(가)", "이", "가"),
    ("은(는)", "은", "는"),
    ("과(와)", "과", "와"),
    ("(으)로", "으로", "로"),
];
/// Between a value and its particle.
const MARKS: &[char] = &['`', '"', '\'', ')', ']', '”', '’'];

/// How what stands before a particle ends when it is read aloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Vowel,
    /// ㄹ, before which `(으)로` is as after a vowel.
    Rieul,
    Consonant,
}

/// Appends words to a value, with the form of the particle that they may begin with.
pub fn append(text: &mut String, words: &str) {
    let begun = words.trim_start_matches(MARKS);
    let particle = PARTICLES.iter().find_map(|(both, ..)| Some((both, begun.strip_prefix(both)?)));
    let Some((both, rest)) = particle else { return text.push_str(words) };
    let form = form(both, end(text));
    text.push_str(&words[..words.len() - begun.len()]);
    text.push_str(form);
    text.push_str(rest);
}

fn form(particle: &str, end: End) -> &'static str {
    let Some((both, consonant, vowel)) = PARTICLES.iter().find(|(both, ..)| *both == particle) else {
        return "";
    };
    match end {
        End::Vowel => vowel,
        End::Rieul if *both == "(으)로" => vowel,
        End::Rieul | End::Consonant => consonant,
    }
}

/// Of a number the last digit that is said (열, 백, 천 and 만 end in consonants); of Latin letters the name of a capital one,
/// and the sound that small ones most often have.
fn end(text: &str) -> End {
    let mut letters = text.chars().rev().skip_while(|c| !c.is_alphanumeric());
    let Some(last) = letters.next() else { return End::Vowel };
    let (before, third) = (letters.next().unwrap_or(' '), letters.next().unwrap_or(' '));
    let is_vowel = |c: char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u');
    // The last letter of `home` is silent.
    let last = if last == 'e' && "lmn".contains(before) && is_vowel(third) { before } else { last };
    match last {
        '가'..='힣' => match (u32::from(last) - u32::from('가')) % 28 {
            0 => End::Vowel,
            8 => End::Rieul,
            _ => End::Consonant,
        },
        '1' | '7' | '8' | 'l' | 'L' | 'R' => End::Rieul,
        '0' | '3' | '6' | 'm' | 'n' | 'M' | 'N' => End::Consonant,
        'g' if before == 'n' => End::Consonant,
        'b' | 'k' | 'p' | 't' if is_vowel(before) && !is_vowel(third) => End::Consonant,
        _ => End::Vowel,
    }
}

/// Whether a text still has both forms of a particle, which nobody should read.
pub fn has_both_forms(text: &str) -> bool {
    PARTICLES.iter().any(|(both, ..)| text.contains(both))
}

/// The words behind a value.
#[cfg(test)]
pub(crate) fn joined(value: &str, words: &str) -> String {
    let mut text = value.to_owned();
    append(&mut text, words);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_particle_follows_the_sound_before_it() {
        for (value, expected) in [
            ("사진", ["사진을", "사진이", "사진은", "사진과", "사진으로"]),
            ("노드", ["노드를", "노드가", "노드는", "노드와", "노드로"]),
            ("메일", ["메일을", "메일이", "메일은", "메일과", "메일로"]),
            ("node2", ["node2를", "node2가", "node2는", "node2와", "node2로"]),
            ("node1", ["node1을", "node1이", "node1은", "node1과", "node1로"]),
            ("v30", ["v30을", "v30이", "v30은", "v30과", "v30으로"]),
            ("demo", ["demo를", "demo가", "demo는", "demo와", "demo로"]),
            ("admin", ["admin을", "admin이", "admin은", "admin과", "admin으로"]),
            ("mail", ["mail을", "mail이", "mail은", "mail과", "mail로"]),
            ("backup", ["backup을", "backup이", "backup은", "backup과", "backup으로"]),
            ("home", ["home을", "home이", "home은", "home과", "home으로"]),
            ("root", ["root를", "root가", "root는", "root와", "root로"]),
            ("client", ["client를", "client가", "client는", "client와", "client로"]),
            ("NFS", ["NFS를", "NFS가", "NFS는", "NFS와", "NFS로"]),
            ("/a/b/", ["/a/b/를", "/a/b/가", "/a/b/는", "/a/b/와", "/a/b/로"]),
            ("", ["를", "가", "는", "와", "로"]),
        ] {
            let forms = PARTICLES.map(|(both, ..)| joined(value, both));
            assert_eq!(forms, expected, "{value}");
        }
    }

    #[test]
    fn what_stands_between_stays_and_a_value_is_never_changed() {
        assert_eq!(joined("`demo", "`은(는) 이름"), "`demo`는 이름");
        assert_eq!(joined("\"사진", "\"을(를) 삭제"), "\"사진\"을 삭제");
        assert_eq!(joined("이(가)", " 없음, 을(를)"), "이(가) 없음, 을(를)");
        assert!(has_both_forms("볼륨을(를)") && !has_both_forms("볼륨을"));
    }
}
