//! Owns what a disk says of its own health (SMART), through smartctl where that is installed and allowed.

use super::text::clean;
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::Command;

/// A disk that hangs is not waited for; a page is.
const PATIENCE: Duration = Duration::from_secs(2);
/// Of what smartctl prints: the longest known is a tenth of it.
const OUTPUT_BYTES_MAX: u64 = 256 << 10;
/// Bits of its exit status (smartctl(8)): the command line is wrong, the device does not open.
const NOT_ASKED: i64 = 0b11;

/// What a disk counts and thinks of itself; what it does not say is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Smart {
    /// Its own verdict.
    pub passed: Option<bool>,
    pub temperature_celsius: Option<i64>,
    pub power_on_hours: Option<u64>,
    /// Sectors that were replaced by spare ones.
    pub reallocated: Option<u64>,
    /// Sectors that could not be read and wait for a write.
    pub pending: Option<u64>,
    /// What could not be read or written for good.
    pub uncorrectable: Option<u64>,
    /// Of the writes that it is built for, in percent; may be more than 100.
    pub worn_percent: Option<u64>,
}

/// Why nothing is known. Append, never reorder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoSmart {
    /// No single disk is under the path.
    NoDisk,
    NotInstalled,
    /// nasd may not run it, or not open the device.
    NotAllowed,
    TooSlow,
    /// What smartctl said, or why that could not be read.
    Said(String),
}

/// Asks the disk without waking it up.
pub async fn ask(smartctl: &Path, device: &str) -> Result<Smart, NoSmart> {
    let arguments = ["--json=c", "--info", "--health", "--attributes", "--nocheck=standby", device];
    let asked = run(smartctl, &arguments);
    let printed = tokio::time::timeout(PATIENCE, asked).await.map_err(|_| NoSmart::TooSlow)??;
    read(&printed)
}

/// What it printed, and no more than so much of it. It ends with the future.
async fn run(program: &Path, arguments: &[&str]) -> Result<Vec<u8>, NoSmart> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| match error.kind() {
        ErrorKind::NotFound => NoSmart::NotInstalled,
        ErrorKind::PermissionDenied => NoSmart::NotAllowed,
        _ => NoSmart::Said(error.to_string()),
    })?;
    let mut printed = Vec::new();
    if let Some(out) = child.stdout.take() {
        let read = out.take(OUTPUT_BYTES_MAX).read_to_end(&mut printed).await;
        read.map_err(|error| NoSmart::Said(error.to_string()))?;
    }
    // Whoever prints more is not read on, and gets a broken pipe.
    let _ = child.wait().await;
    Ok(printed)
}

/// Of the JSON that smartctl prints (version 7 and newer).
fn read(printed: &[u8]) -> Result<Smart, NoSmart> {
    let printed: Printed = serde_json::from_slice(printed)
        .map_err(|error| NoSmart::Said(format!("smartctl's answer cannot be read: {error}")))?;
    if printed.smartctl.exit_status & NOT_ASKED != 0 {
        let said =
            printed.smartctl.messages.first().map(|message| clean(&message.string)).unwrap_or_default();
        return Err(match said.contains("Permission denied") {
            true => NoSmart::NotAllowed,
            false => NoSmart::Said(if said.is_empty() {
                "smartctl could not open the device".into()
            } else {
                said
            }),
        });
    }
    let attribute = |id: u64| {
        let table = printed.ata_smart_attributes.as_ref()?;
        table.table.iter().find(|attribute| attribute.id == id).map(|attribute| attribute.raw.value)
    };
    let nvme = printed.nvme_smart_health_information_log.as_ref();
    Ok(Smart {
        passed: printed.smart_status.map(|status| status.passed),
        temperature_celsius: printed.temperature.map(|temperature| temperature.current),
        power_on_hours: printed.power_on_time.map(|time| time.hours),
        reallocated: attribute(5),
        pending: attribute(197),
        uncorrectable: attribute(198).or(nvme.map(|log| log.media_errors)),
        worn_percent: nvme.map(|log| log.percentage_used),
    })
}

#[derive(Deserialize)]
struct Printed {
    smartctl: Program,
    smart_status: Option<Status>,
    temperature: Option<Temperature>,
    power_on_time: Option<PowerOn>,
    ata_smart_attributes: Option<Attributes>,
    nvme_smart_health_information_log: Option<Nvme>,
}

#[derive(Deserialize)]
struct Program {
    #[serde(default)]
    exit_status: i64,
    #[serde(default)]
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    string: String,
}

#[derive(Deserialize)]
struct Status {
    passed: bool,
}

#[derive(Deserialize)]
struct Temperature {
    current: i64,
}

#[derive(Deserialize)]
struct PowerOn {
    hours: u64,
}

#[derive(Deserialize)]
struct Attributes {
    table: Vec<Attribute>,
}

#[derive(Deserialize)]
struct Attribute {
    id: u64,
    raw: Raw,
}

#[derive(Deserialize)]
struct Raw {
    value: u64,
}

#[derive(Deserialize)]
struct Nvme {
    #[serde(default)]
    percentage_used: u64,
    #[serde(default)]
    media_errors: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_with_bad_sectors_is_read() {
        let printed = r#"{"json_format_version":[1,0],"smartctl":{"version":[7,4],"exit_status":64},
            "device":{"name":"/dev/sda","type":"sat"},"model_name":"WDC WD40EFRX","smart_status":{"passed":false},
            "ata_smart_attributes":{"revision":16,"table":[
              {"id":5,"name":"Reallocated_Sector_Ct","value":190,"raw":{"value":24,"string":"24"}},
              {"id":197,"name":"Current_Pending_Sector","value":200,"raw":{"value":3,"string":"3"}},
              {"id":198,"name":"Offline_Uncorrectable","value":100,"raw":{"value":1,"string":"1"}}]},
            "power_on_time":{"hours":30211},"temperature":{"current":36}}"#;
        let expected = Smart {
            passed: Some(false),
            temperature_celsius: Some(36),
            power_on_hours: Some(30_211),
            reallocated: Some(24),
            pending: Some(3),
            uncorrectable: Some(1),
            worn_percent: None,
        };
        assert_eq!(read(printed.as_bytes()), Ok(expected));
    }

    #[test]
    fn an_nvme_disk_says_how_worn_it_is() {
        let printed = r#"{"smartctl":{"exit_status":0},"smart_status":{"passed":true,"nvme":{"value":0}},
            "nvme_smart_health_information_log":{"percentage_used":7,"media_errors":2,"temperature":41},
            "temperature":{"current":41},"power_on_time":{"hours":800}}"#;
        let said = read(printed.as_bytes()).unwrap();
        assert_eq!((said.passed, said.worn_percent, said.uncorrectable), (Some(true), Some(7), Some(2)));
        assert_eq!((said.reallocated, said.pending), (None, None));
    }

    #[test]
    fn what_cannot_be_asked_says_why() {
        let refused = |text: &str| {
            let printed = format!(
                r#"{{"smartctl":{{"exit_status":2,"messages":[{{"string":"{text}","severity":"error"}}]}}}}"#
            );
            read(printed.as_bytes())
        };
        let denied = "Smartctl open device: /dev/sda failed: Permission denied";
        assert_eq!(refused(denied), Err(NoSmart::NotAllowed));
        let asleep = "Device is in STANDBY mode, exit(2)";
        assert_eq!(refused(asleep), Err(NoSmart::Said(asleep.into())));
        for odd in ["", "not json", "{}", r#"{"smartctl":"#] {
            assert!(matches!(read(odd.as_bytes()), Err(NoSmart::Said(_))), "{odd}");
        }
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_or_prints_without_end_is_no_harm() {
        assert_eq!(run(Path::new("/nowhere/smartctl"), &[]).await, Err(NoSmart::NotInstalled));
        assert_eq!(run(Path::new("/etc/passwd"), &[]).await, Err(NoSmart::NotAllowed));
        let printed =
            tokio::time::timeout(Duration::from_secs(10), run(Path::new("/usr/bin/yes"), &[])).await.unwrap();
        assert_eq!(printed.unwrap().len() as u64, OUTPUT_BYTES_MAX);
    }
}
