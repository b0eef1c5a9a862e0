//! Owns ENTITY-SENSOR-MIB (RFC 3433) with the rows of ENTITY-MIB (RFC 6933) that name its sensors.

use super::history::History;
use super::values::text;
use crate::machine::sensor::Sensor;
use crate::tree::TreeBuilder;
use crate::wire::Value;
use std::time::Duration;

const ENTITY: &[u32] = &[1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1];
const SENSOR: &[u32] = &[1, 3, 6, 1, 2, 1, 99, 1, 1, 1];
const CELSIUS: i32 = 8;
const THOUSANDTHS: i32 = 8;
const OK: i32 = 1;
const IS_SENSOR: i32 = 8;

pub fn add_to(tree: &mut TreeBuilder, sensors: &[Sensor], uptime: Duration, history: &mut History) {
    for sensor in sensors {
        let index = history.number("sensor", &sensor.name);
        tree.row(
            ENTITY,
            &[index],
            [
                (2, Some(text(&sensor.name))),
                (5, Some(Value::Integer(IS_SENSOR))),
                (7, Some(text(&sensor.name))),
            ],
        );
        tree.row(
            SENSOR,
            &[index],
            [
                (1, Some(Value::Integer(CELSIUS))),
                (2, Some(Value::Integer(THOUSANDTHS))),
                (3, Some(Value::Integer(0))),
                (4, Some(Value::Integer(sensor.millidegrees))),
                (5, Some(Value::Integer(OK))),
                (6, Some(text("degrees Celsius"))),
                (7, Some(super::values::ticks(uptime))),
            ],
        );
    }
}
