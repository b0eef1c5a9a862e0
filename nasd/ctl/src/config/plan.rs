//! Owns what it takes to make a cluster like a file. It does nothing itself: a plan is shown before anything happens.

use super::section::Differences;
use crate::nouns::{Cluster, Config, Step};
use std::cmp::Reverse;

pub type Plan = Differences<Step>;

/// What makes the cluster like the file.
pub fn plan(file: &Config, cluster: &Cluster) -> Plan {
    let mut plan = cluster.differences(file);
    plan.only_here.sort_by_key(|step| Reverse(step.change().rank()));
    plan.order(cluster.asking.as_deref());
    plan
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.only_here.is_empty() && self.impossible.is_empty()
    }

    /// The plan that also removes what only the cluster has; what holds data stays.
    pub fn pruning(mut self, asking: Option<&str>) -> Plan {
        let only_here = std::mem::take(&mut self.only_here);
        let (kept, removed) = only_here.into_iter().partition(|step| step.change().destroys_data());
        self.only_here = kept;
        self.steps.extend::<Vec<Step>>(removed);
        self.order(asking);
        self
    }

    /// What is about whoever asks comes last.
    fn order(&mut self, asking: Option<&str>) {
        let is_about = |step: &Step| asking.is_some_and(|user| step.change().is_about(user));
        self.steps.sort_by_key(|step| (is_about(step), step.change().rank()));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{cluster, config, empty};
    use super::*;
    use proptest::prelude::*;

    fn after(plan: &Plan, cluster: &Cluster) -> Cluster {
        let mut cluster = cluster.clone();
        plan.steps.iter().for_each(|step| cluster.take(step));
        cluster
    }

    proptest! {
        #[test]
        fn a_cluster_becomes_what_the_file_says_and_loses_nothing(file in config(), cluster in cluster()) {
            let now = after(&plan(&file, &cluster), &cluster);
            prop_assert_eq!(now.config(), cluster.told(&file, false));
        }

        #[test]
        fn afterwards_nothing_is_left_to_do(file in config(), cluster in cluster()) {
            let before = plan(&file, &cluster);
            let again = plan(&file, &after(&before, &cluster));
            prop_assert_eq!(&again.steps, &[]);
            prop_assert_eq!(&again.only_here, &before.only_here);
            prop_assert_eq!(&again.impossible, &before.impossible);
        }

        #[test]
        fn pruning_leaves_only_the_file_and_what_holds_data(file in config(), cluster in cluster()) {
            let plan = plan(&file, &cluster).pruning(cluster.asking.as_deref());
            prop_assert_eq!(after(&plan, &cluster).config(), cluster.told(&file, true));
            prop_assert!(plan.only_here.iter().all(|step| step.change().destroys_data()));
        }

        #[test]
        fn an_empty_cluster_becomes_the_file(file in config(), cluster in empty()) {
            let plan = plan(&file, &cluster);
            prop_assert!(plan.only_here.is_empty() && plan.impossible.is_empty());
            prop_assert_eq!(after(&plan, &cluster).config(), cluster.told(&file, false));
        }

        #[test]
        fn every_change_says_what_changes(file in config(), cluster in cluster()) {
            let plan = plan(&file, &cluster);
            let changes = plan.steps.iter().chain(&plan.impossible).filter(|step| step.change().action() == "change");
            for step in changes {
                prop_assert!(!step.change().fields().is_empty(), "{:?}", step);
            }
        }
    }
}
