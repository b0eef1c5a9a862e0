//! Owns what a form holds: the fields as they were typed, in order, to be read and to be shown again.

use crate::chance;

/// The password again, beside what it is asked for.
pub const PROOF_FIELD: &str = "proof";
/// The same beside an API token, on the same page.
pub const TOKEN_PROOF_FIELD: &str = "token-proof";
/// Never shown again and never carried through a login.
const SECRET_FIELDS: [&str; 12] = [
    "csrf",
    "password",
    "again",
    "current",
    PROOF_FIELD,
    TOKEN_PROOF_FIELD,
    "code",
    "token",
    "key",
    "auth-passphrase",
    "privacy-passphrase",
    "community",
];
/// In every private key in PEM, wherever somebody pastes it.
const KEY_MARK: &str = "PRIVATE KEY-----";
/// Names of fields that the console adds itself when it shows a form again.
const RESTORED: &str = "restored";
const OP: &str = "op";

/// Fields and their values, in the order of the page; a name may come more than once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    fields: Vec<(String, String)>,
}

impl Form {
    /// A form before anybody typed in it.
    pub fn new(fields: &[(&str, &str)]) -> Form {
        let pairs = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Form { fields: pairs.collect() }
    }

    /// Reads `application/x-www-form-urlencoded`.
    pub fn parse(body: &[u8]) -> Form {
        let fields =
            form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), value.into_owned()));
        Form { fields: fields.collect() }
    }

    /// The first value, without spaces around it; empty where there is none.
    pub fn get(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// As typed: passwords may begin with a space.
    pub fn raw(&self, name: &str) -> &str {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(key, _)| key == name)
    }

    /// Whether a radio button or an option has this value.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.get(name) == value
    }

    /// All values of the name, in order.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.fields.iter().filter(|(key, _)| key == name).map(|(_, value)| value.trim()).collect()
    }

    /// Names of volumes or users as they are typed: separated by commas or spaces.
    pub fn names(&self, name: &str) -> Vec<String> {
        let names = self.get(name).split([',', ' ']).map(str::trim).filter(|name| !name.is_empty());
        names.map(str::to_owned).collect()
    }

    /// The others.
    pub fn without(&self, names: &[&str]) -> Form {
        let others = self.fields.iter().filter(|(key, _)| !names.contains(&key.as_str()));
        Form { fields: others.cloned().collect() }
    }

    /// Those that hold something.
    pub fn given(&self) -> Form {
        Form { fields: self.fields.iter().filter(|(_, value)| !value.is_empty()).cloned().collect() }
    }

    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.fields.retain(|(key, _)| key != name);
        self.fields.push((name.to_owned(), value.into()));
    }

    /// One more field, of a name that may be there already.
    pub fn add(&mut self, name: &str, value: impl Into<String>) {
        self.fields.push((name.to_owned(), value.into()));
    }

    /// Empties a field that a private key was pasted into.
    pub fn forget_key(&mut self, name: &str) {
        if self.get(name).contains(KEY_MARK) {
            self.set(name, "");
        }
    }

    /// The form comes from before a login: it is shown again, not carried out.
    pub fn is_restored(&self) -> bool {
        self.has(RESTORED)
    }

    /// What may be carried along and shown again.
    pub fn kept(&self) -> Vec<(&str, &str)> {
        let own = [RESTORED, OP];
        let open = |name: &str| !SECRET_FIELDS.contains(&name) && !own.contains(&name);
        let fields = self.fields.iter().filter(|(name, value)| open(name) && !value.contains(KEY_MARK));
        fields.map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// Something to be carried out once, however often it is sent.
    pub fn op(&self) -> String {
        match self.get(OP) {
            "" => chance::token(),
            op => op.to_owned(),
        }
    }

    /// Makes the form another one, with everything that was typed.
    pub fn begin_anew(&mut self) {
        self.set(OP, chance::token());
    }

    /// Makes the same form, sent twice, one request; a form that was changed after "back" is another one.
    pub fn idempotency_key(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.op().as_bytes());
        for (name, value) in self.fields.iter().filter(|(name, _)| name != "csrf") {
            for part in [name, value] {
                hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
            }
        }
        hasher.finalize().to_hex().to_string()
    }

    /// As it travels.
    pub fn encoded(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.fields).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_kept() {
        let form =
            Form::parse(b"name=a&key=k&password=p&current=q&again=r&code=1&token=t&csrf=c&op=o&name=b");
        assert_eq!(form.kept(), [("name", "a"), ("name", "b")]);
    }

    #[test]
    fn a_private_key_is_kept_in_no_field() {
        let mut form = Form::new(&[("name", "a"), ("chain", "-----BEGIN EC PRIVATE KEY-----\r\nk")]);
        assert_eq!(form.kept(), [("name", "a")]);
        form.forget_key("chain");
        form.forget_key("name");
        assert_eq!((form.get("chain"), form.get("name")), ("", "a"));
    }

    #[test]
    fn the_same_form_twice_has_one_key_and_a_changed_one_another() {
        let key = |body: &str| Form::parse(body.as_bytes()).idempotency_key();
        assert_eq!(key("op=1&name=a&csrf=x"), key("op=1&name=a&csrf=y"));
        assert_ne!(key("op=1&name=a"), key("op=1&name=b"));
        assert_ne!(key("op=1&name=a"), key("op=2&name=a"));
        assert_ne!(key("op=1&ab=c"), key("op=1&a=bc"));
    }

    #[test]
    fn a_form_travels_as_it_was() {
        let form = Form::new(&[("name", "ü & <b>"), ("name", "+1"), ("x", "")]);
        assert_eq!(Form::parse(form.encoded().as_bytes()), form);
    }
}
