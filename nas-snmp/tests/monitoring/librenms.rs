//! The definitions for LibreNMS, with the words that its own schemas take (os_schema.json, discovery_schema.json).

use crate::{list, mib, shipped, text};
use serde_json::Value;
use std::collections::BTreeMap;

const OF_DETECTION: [&str; 7] = ["os", "text", "type", "icon", "over", "mib_dir", "discovery"];
const OF_STORAGE: [&str; 9] =
    ["oid", "type", "descr", "units", "used", "used_num_oid", "free", "free_num_oid", "warn_percent"];
const OF_SENSORS: [&str; 9] =
    ["oid", "value", "num_oid", "descr", "group", "index", "state_name", "states", "high_limit"];

fn has_only(value: &Value, known: &[&str]) {
    for name in value.as_object().unwrap().keys() {
        assert!(known.contains(&name.as_str()), "LibreNMS does not know {name}: {value}");
    }
}

/// `GOTGAN-MIB::NAME`, with or without an index.
fn named(value: &Value) -> &str {
    let name = text(value).strip_prefix("GOTGAN-MIB::").unwrap_or_else(|| panic!("{value} says no MIB"));
    name.split('.').next().unwrap()
}

fn exists(name: &str) {
    assert!(mib::names().values().any(|known| known == name), "the MIB has no {name}");
}

/// What stands between double braces.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{ ").skip(1).map(|rest| rest.split(" }}").next().unwrap())
}

fn sensors(kind: &str) -> Vec<Value> {
    list(&shipped("librenms/discovery.yaml")["modules"]["sensors"][kind]["data"]).to_vec()
}

#[test]
fn a_node_is_recognized_by_its_object_id() {
    let detection = shipped("librenms/detection.yaml");
    has_only(&detection, &OF_DETECTION);
    let oid = text(&detection["discovery"][0]["sysObjectID"][0]);
    assert_eq!(oid, format!(".{}.1.1", mib::ENTERPRISE));
    assert_eq!(mib::names()[oid.trim_start_matches('.')], "gotganNode");
    assert_eq!(detection["os"], "gotgan");
}

#[test]
fn every_sensor_is_polled_by_the_number_of_its_object() {
    for kind in ["state", "count"] {
        let all = sensors(kind);
        assert!(all.len() > 2);
        for sensor in all {
            has_only(&sensor, &OF_SENSORS);
            let (object, number) = (named(&sensor["value"]), text(&sensor["num_oid"]));
            assert_eq!(mib::object(number), object);
            assert!(number.starts_with('.') && number.ends_with(".{{ $index }}"), "{number}");
            assert_eq!(text(&sensor["index"]), format!("{object}.{{{{ $index }}}}"));
            exists(named(&sensor["oid"]));
            for used in placeholders(text(&sensor["descr"])) {
                exists(named(&Value::from(used)));
            }
        }
    }
}

#[test]
fn states_are_the_words_of_the_mib() {
    let mut by_name: BTreeMap<String, Value> = BTreeMap::new();
    for sensor in sensors("state") {
        let states = list(&sensor["states"]).iter();
        let said = states.map(|state| (state["value"].as_i64().unwrap(), text(&state["descr"]).to_owned()));
        assert_eq!(mib::words(named(&sensor["value"])), said.collect(), "{}", sensor["value"]);
        let states = list(&sensor["states"]).iter();
        let generic = |state: &Value| (0..=3).contains(&state["generic"].as_i64().unwrap());
        assert!(states.clone().all(generic) && states.clone().all(|state| state["graph"] == 0));
        let before =
            by_name.entry(text(&sensor["state_name"]).to_owned()).or_insert(sensor["states"].clone());
        assert_eq!(*before, sensor["states"], "one name, one meaning");
    }
}

#[test]
fn volumes_are_storage() {
    let discovery = shipped("librenms/discovery.yaml");
    has_only(&discovery, &["mib", "modules"]);
    has_only(&discovery["modules"], &["os", "storage", "sensors"]);
    exists(named(&discovery["modules"]["os"]["hardware"]));
    let all = list(&discovery["modules"]["storage"]["data"]);
    for storage in all {
        has_only(storage, &OF_STORAGE);
        assert_eq!(mib::object(text(&storage["used_num_oid"])), named(&storage["used"]));
        assert_eq!(mib::object(text(&storage["free_num_oid"])), named(&storage["free"]));
        exists(named(&storage["descr"]));
    }
    assert_eq!(all.len(), 1);
}
