//! Who owns which volume. What was owned used to be a name, and so was whatever came to have it: a share owner of a
//! volume that was deleted decided about the exports of the next one that was called so.

use super::*;
use crate::nouns::volume::{VolumeEffect, VolumeInfo};
use nasd_base::VolumeId;
use nasd_base::file::VolumeLimits;

const MEDIA: VolumeId = VolumeId(7);

fn volume(id: VolumeId, name: &str) -> VolumeEffect {
    let (name, created, limits) = (name.to_owned(), Timestamp::default(), VolumeLimits::default());
    VolumeEffect::Volume(VolumeInfo {
        id,
        name,
        replicas: Vec::new(),
        created,
        limits,
        root: Default::default(),
        description: String::new(),
    })
}

/// Bob owns the volume `media`, and so does the group `night`.
fn owners() -> Bench {
    let mut bench = Bench::set_up();
    volume(MEDIA, "media").take(&mut bench.volumes);
    let (name, owned, password) = ("bob".to_owned(), vec!["media".to_owned()], password(7));
    let create = |owned| AccountCommand::CreateUser {
        name: name.clone(),
        role: Role::ShareOwner,
        owned,
        password: password.clone(),
    };
    let unknown = AccountError::UnknownVolume("movies".to_owned());
    assert_eq!(bench.refused(create(vec!["movies".to_owned()])), unknown, "what is not there is nobody's");
    bench.done(create(owned.clone()));
    let night = WantedGroup { owned, ..group("night", Role::ShareOwner, &["bob"]) };
    bench.done(AccountCommand::CreateGroup(night));
    bench
}

fn owned(bench: &Bench) -> Vec<VolumeId> {
    bench.accounts.grant(&bench.accounts.users["bob"]).owned.unwrap().into_iter().collect()
}

#[test]
fn a_volume_that_is_made_again_under_a_name_is_nobodys() {
    let mut bench = owners();
    assert_eq!(owned(&bench), [MEDIA]);
    VolumeEffect::NoVolume(MEDIA).take(&mut bench.volumes);
    for effect in disown(&bench.accounts, MEDIA) {
        effect.write(&bench.db).unwrap();
        effect.take(&mut bench.accounts);
    }
    volume(VolumeId(8), "media").take(&mut bench.volumes);
    assert_eq!(owned(&bench), []);
    assert_eq!(AccountEffect::load(&bench.db).unwrap(), bench.accounts);
}
