//! Owns /sys/class/hwmon: temperatures.

use super::text::{THINGS_MAX, names, value};
use std::path::Path;

/// One sensor of a chip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sensor {
    pub name: String,
    /// In thousandths of a degree Celsius.
    pub millidegrees: i32,
}

pub fn look(dir: &Path) -> Vec<Sensor> {
    names(dir).iter().flat_map(|chip| of_chip(&dir.join(chip))).take(THINGS_MAX).collect()
}

fn of_chip(dir: &Path) -> Vec<Sensor> {
    let chip: String = value(&dir.join("name")).unwrap_or_default();
    let inputs = names(dir);
    let sensors = inputs.iter().filter_map(|input| {
        let number = input.strip_prefix("temp")?.strip_suffix("_input")?;
        let label = value::<String>(&dir.join(format!("temp{number}_label")));
        let label = label.unwrap_or_else(|| format!("temp{number}"));
        Some(Sensor { name: format!("{chip} {label}"), millidegrees: value(&dir.join(input))? })
    });
    sensors.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temperatures_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let chip = dir.path().join("hwmon0");
        std::fs::create_dir(&chip).unwrap();
        for (name, text) in [
            ("name", "k10temp"),
            ("temp1_input", "45500"),
            ("temp1_label", "Tctl"),
            ("temp2_input", "-2000"),
            ("temp3_input", "none"),
            ("fan1_input", "900"),
        ] {
            std::fs::write(chip.join(name), text).unwrap();
        }
        let sensor = |name: &str, millidegrees| Sensor { name: name.to_owned(), millidegrees };
        assert_eq!(look(dir.path()), [sensor("k10temp Tctl", 45_500), sensor("k10temp temp2", -2000)]);
        assert_eq!(look(Path::new("/nonexistent")), []);
    }
}
