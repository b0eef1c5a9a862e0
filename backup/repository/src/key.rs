//! Owns the files that hold the repository's key, each sealed with what scrypt makes of a passphrase.

use crate::backend::{Backend, FileKind};
use crate::crypto::SealKey;
use crate::error::RepositoryError;
use crate::id::Id;
use crate::unpacked::{read_file, write_file};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use nasd_base::Entropy;
use serde::{Deserialize, Serialize};

/// Largest file of a key; those that are written have half a kilobyte.
const FILE_BYTES_MAX: u64 = 64 << 10;
/// Most memory that trying one key may take: scrypt's 128 N r bytes.
const SCRYPT_BYTES_MAX: u64 = 256 << 20;

/// What a guess costs whoever guesses the passphrase: scrypt's N, r and p.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyCost {
    pub log_n: u8,
    pub r: u32,
    pub p: u32,
}

impl Default for KeyCost {
    /// 64 MiB, and a fifth of a second.
    fn default() -> KeyCost {
        KeyCost { log_n: 16, r: 8, p: 1 }
    }
}

impl KeyCost {
    /// For tests, which make many: next to nothing.
    pub const WEAK: KeyCost = KeyCost { log_n: 4, r: 1, p: 1 };

    fn of(file: &KeyFile) -> Option<KeyCost> {
        let (n, r, p) = (file.n, file.r, file.p);
        let bytes = n.checked_mul(r.into())?.checked_mul(128)?;
        let is_sane = n.is_power_of_two() && n > 1 && (1..=64).contains(&r) && (1..=16).contains(&p);
        (is_sane && bytes <= SCRYPT_BYTES_MAX).then(|| KeyCost { log_n: n.trailing_zeros() as u8, r, p })
    }

    fn seal_key(self, passphrase: &[u8], salt: &[u8]) -> Option<SealKey> {
        let params = scrypt::Params::new(self.log_n, self.r, self.p).ok()?;
        let mut bytes = [0; 64];
        scrypt::scrypt(passphrase, salt, &params, &mut bytes).ok()?;
        Some(SealKey::from_bytes(&bytes))
    }
}

#[derive(Serialize, Deserialize)]
struct KeyFile {
    created: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    hostname: String,
    kdf: String,
    #[serde(rename = "N")]
    n: u64,
    r: u32,
    p: u32,
    salt: String,
    data: String,
}

/// The repository's own key, as a key's file holds it.
#[derive(Serialize, Deserialize)]
struct Master {
    mac: MasterMac,
    encrypt: String,
}

#[derive(Serialize, Deserialize)]
struct MasterMac {
    k: String,
    r: String,
}

/// Looks for a key that opens with the passphrase.
pub(crate) fn unlock(backend: &dyn Backend, passphrase: &[u8]) -> Result<SealKey, RepositoryError> {
    let listed = backend.list(FileKind::Key);
    let listed =
        listed.map_err(|error| RepositoryError::Target { what: "listing the keys".to_owned(), error })?;
    let mut broken = None;
    for (name, _) in &listed {
        match open_file(backend, name, passphrase) {
            Ok(Some(key)) => return Ok(key),
            Ok(None) => {}
            Err(error) => broken = Some(error),
        }
    }
    Err(broken.unwrap_or(RepositoryError::WrongPassphrase(listed.len())))
}

fn open_file(
    backend: &dyn Backend,
    name: &str,
    passphrase: &[u8],
) -> Result<Option<SealKey>, RepositoryError> {
    let damaged = |what: &str| RepositoryError::damaged(FileKind::Key, name, what);
    let bytes = read_file(backend, FileKind::Key, name, FILE_BYTES_MAX)?;
    let file: KeyFile = serde_json::from_slice(&bytes).map_err(|_| damaged("it is no key"))?;
    let cost = KeyCost::of(&file).filter(|_| file.kdf == "scrypt");
    let cost = cost.ok_or_else(|| damaged("it asks for another way to a key, or for too much memory"))?;
    let decoded = |text: &str| STANDARD.decode(text).map_err(|_| damaged("it holds no base64"));
    let (salt, data) = (decoded(&file.salt)?, decoded(&file.data)?);
    let outer = cost.seal_key(passphrase, &salt).ok_or_else(|| damaged("its costs are none"))?;
    let Some(plain) = outer.open(&data) else { return Ok(None) };
    let master: Master = serde_json::from_slice(&plain).map_err(|_| damaged("it holds no key"))?;
    let parts = [decoded(&master.encrypt)?, decoded(&master.mac.k)?, decoded(&master.mac.r)?].concat();
    let bytes: &[u8; 64] = parts.as_slice().try_into().map_err(|_| damaged("its key has another length"))?;
    Ok(Some(SealKey::from_bytes(bytes)))
}

/// Adds a file for the passphrase. Durable on return.
pub(crate) fn add(
    backend: &dyn Backend,
    key: &SealKey,
    passphrase: &[u8],
    cost: KeyCost,
    created: String,
    entropy: &dyn Entropy,
) -> Result<Id, RepositoryError> {
    let mut salt = [0; 64];
    entropy.fill(&mut salt);
    let failed = |what: &str| RepositoryError::Target {
        what: "making a key".to_owned(),
        error: std::io::Error::other(what.to_owned()),
    };
    let outer = cost.seal_key(passphrase, &salt).ok_or_else(|| failed("these costs are none"))?;
    let mac = MasterMac { k: STANDARD.encode(key.mac_k), r: STANDARD.encode(key.mac_r) };
    let master = Master { mac, encrypt: STANDARD.encode(key.encrypt) };
    let master = serde_json::to_vec(&master).map_err(|error| failed(&error.to_string()))?;
    let mut data = Vec::new();
    outer.seal(&master, entropy, &mut data);
    let file = KeyFile {
        created,
        username: "root".to_owned(),
        hostname: "gotgan".to_owned(),
        kdf: "scrypt".to_owned(),
        n: 1 << cost.log_n,
        r: cost.r,
        p: cost.p,
        salt: STANDARD.encode(salt),
        data: STANDARD.encode(&data),
    };
    let file = serde_json::to_vec(&file).map_err(|error| failed(&error.to_string()))?;
    let id = Id::of(&file);
    write_file(backend, FileKind::Key, &id.to_string(), &file)?;
    Ok(id)
}
