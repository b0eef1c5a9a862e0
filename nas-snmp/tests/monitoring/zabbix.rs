//! The Zabbix template, in the export format of Zabbix 6.0.

use crate::{list, mib, shipped, text};
use serde_json::Value;
use std::collections::BTreeSet;

fn template() -> Value {
    let export = shipped("zabbix-template.yaml");
    let export = &export["zabbix_export"];
    assert_eq!(text(&export["version"]), "6.0");
    assert_eq!(export["templates"][0]["groups"][0]["name"], export["groups"][0]["name"]);
    export["templates"][0].clone()
}

/// Items, and those of discovery rules.
fn items(template: &Value) -> Vec<Value> {
    let rules = list(&template["discovery_rules"]).iter();
    let prototypes = rules.flat_map(|rule| list(&rule["item_prototypes"]));
    list(&template["items"]).iter().chain(prototypes).cloned().collect()
}

fn triggers(template: &Value) -> Vec<Value> {
    let (items, rules) = (items(template), list(&template["discovery_rules"]));
    let places = items.iter().chain(rules);
    let lists = places.flat_map(|place| [&place["triggers"], &place["trigger_prototypes"]]);
    lists.filter_map(Value::as_array).flatten().cloned().collect()
}

/// Every `uuid` that there is.
fn ids(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| ids(one, found)),
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "uuid" {
                    found.push(text(value).to_owned());
                }
                ids(value, found);
            }
        }
        _ => {}
    }
}

#[test]
fn every_item_asks_for_an_object_of_the_mib() {
    let template = template();
    for item in items(&template) {
        assert_eq!(item["type"], "SNMP_AGENT");
        let (oid, key) = (text(&item["snmp_oid"]), text(&item["key"]));
        let is_prototype = key.ends_with("[{#SNMPINDEX}]");
        assert_eq!(mib::is_column(&mib::object(oid)), is_prototype, "{key}");
        assert!(if is_prototype { oid.ends_with(".{#SNMPINDEX}") } else { oid.ends_with(".0") }, "{oid}");
    }
    for rule in list(&template["discovery_rules"]) {
        let asked = text(&rule["snmp_oid"]).strip_prefix("discovery[").unwrap().strip_suffix(']').unwrap();
        let (name, oid) = asked.split_once(',').unwrap();
        assert!(name.starts_with("{#") && mib::is_column(&mib::object(oid)), "{asked}");
    }
}

#[test]
fn value_maps_are_the_words_of_the_mib() {
    let template = template();
    let maps = list(&template["valuemaps"]);
    for map in maps {
        let mapped = list(&map["mappings"]).iter();
        let mapped =
            mapped.map(|pair| (text(&pair["value"]).parse().unwrap(), text(&pair["newvalue"]).to_owned()));
        assert_eq!(mib::words(text(&map["name"])), mapped.collect(), "{}", map["name"]);
    }
    let mut used = BTreeSet::new();
    for item in items(&template) {
        if let Some(name) = item["valuemap"]["name"].as_str() {
            let object = mib::object(text(&item["snmp_oid"]));
            assert_eq!(mib::words(name), mib::words(&object), "{object}");
            used.insert(name.to_owned());
        }
    }
    assert_eq!(used, maps.iter().map(|map| text(&map["name"]).to_owned()).collect());
}

#[test]
fn triggers_are_about_items_that_there_are() {
    let template = template();
    let items = items(&template);
    let keys: BTreeSet<&str> = items.iter().map(|item| text(&item["key"])).collect();
    assert_eq!(keys.len(), items.len(), "a key is there twice");
    let begin = format!("/{}/", text(&template["template"]));
    let triggers = triggers(&template);
    assert!(triggers.len() > 8);
    for trigger in triggers {
        let expression = text(&trigger["expression"]);
        let named: Vec<&str> = expression.split(&begin).skip(1).collect();
        assert!(!named.is_empty(), "{expression}");
        for rest in named {
            let key = rest.split([')', ',']).next().unwrap();
            assert!(keys.contains(key), "{key} in {expression}");
        }
        let priority = text(&trigger["priority"]);
        assert!(["WARNING", "AVERAGE", "HIGH", "DISASTER"].contains(&priority), "{priority}");
    }
}

/// Zabbix knows what it has imported by these: version 4, without hyphens, each one once.
#[test]
fn ids_are_such_as_zabbix_takes() {
    let mut found = Vec::new();
    ids(&shipped("zabbix-template.yaml"), &mut found);
    assert!(found.len() > 40);
    for id in &found {
        assert!(
            id.len() == 32 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)),
            "{id}"
        );
        assert!(&id[12..13] == "4" && "89ab".contains(&id[16..17]), "{id}");
    }
    let different: BTreeSet<_> = found.iter().collect();
    assert_eq!(different.len(), found.len());
}
