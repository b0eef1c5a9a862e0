use crate::bench::{Bench, clients, create_export, delete_volume, set_clients};
use crate::*;
use nasd_base::export::Export;

#[test]
fn exports_are_unique_and_never_inside_each_other() {
    let mut bench = Bench::of(3);
    let one = bench.volume("one");
    bench.volume("two");
    bench.done(create_export("/data/one", "one"));
    bench.done(create_export("/data/two", "two"));
    let inside = bench.refused(create_export("/data/one/deep", "two"));
    let (path, other) = ("/data/one/deep".to_owned(), "/data/one".to_owned());
    assert_eq!(inside, ExportError::ExportOverlaps { path, other }.into());
    assert!(matches!(
        bench.refused(create_export("/data", "two")),
        SystemError::Export(ExportError::ExportOverlaps { .. })
    ));
    let taken = SystemError::Export(ExportError::ExportExists("/data/one".to_owned()));
    assert_eq!(bench.refused(create_export("/data/one", "two")), taken);
    assert!(matches!(
        bench.refused(create_export("data", "one")),
        SystemError::Export(ExportError::BadExportPath(_))
    ));
    assert_eq!(bench.refused(create_export("/x", "no")), VolumeError::UnknownVolume("no".to_owned()).into());

    let mut changed = clients();
    changed[0].read_only = true;
    bench.done(set_clients("/data/one", changed.clone()));
    let export = Export { path: "/data/one".to_owned(), volume: one, clients: changed.clone() };
    assert_eq!(bench.view().exports.get("/data/one"), Some(&export));
    assert_eq!(bench.refused(create_export("/data/one", "one")), taken, "with other clients");
    changed[0].network.prefix_bits = 33;
    assert!(matches!(
        bench.refused(set_clients("/data/one", changed)),
        SystemError::Export(ExportError::BadNetwork(_))
    ));
    let many = vec![clients()[0].clone(); 257];
    assert_eq!(bench.refused(set_clients("/data/one", many)), ExportError::TooManyClients(256).into());

    let delete = delete_volume("one");
    let refusal = bench.refused(delete.clone());
    assert!(refusal.to_string().contains("still exported as /data/one"), "{refusal}");
    bench.done(SystemCommand::Export(ExportCommand::Delete { path: "/data/one".to_owned() }));
    let again = SystemCommand::Export(ExportCommand::Delete { path: "/data/one".to_owned() });
    assert_eq!(bench.refused(again), ExportError::UnknownExport("/data/one".to_owned()).into());
    let gone = bench.refused(set_clients("/data/one", clients()));
    assert_eq!(gone, ExportError::UnknownExport("/data/one".to_owned()).into(), "it does not come back");
    bench.done(delete);
}
