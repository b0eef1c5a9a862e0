//! A bounded map that forgets what was not used lately.
//!
//! First in, first out, with a second chance for what was used since it came in: one pass of a backup does
//! not push out what clients read again and again.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Values up to a total weight.
pub(crate) struct SecondChance<K, V> {
    entries: HashMap<K, Entry<V>>,
    /// Each entry once, and some that were removed since: a removed one's ticket is not that of its entry.
    order: VecDeque<(K, u64)>,
    tickets: u64,
    weight: usize,
    weight_max: usize,
}

struct Entry<V> {
    value: V,
    weight: usize,
    ticket: u64,
    used: bool,
}

impl<K: Copy + Eq + Hash, V: Clone> SecondChance<K, V> {
    pub fn new(weight_max: usize) -> Self {
        SecondChance { entries: HashMap::new(), order: VecDeque::new(), tickets: 0, weight: 0, weight_max }
    }

    pub fn get(&mut self, key: K) -> Option<V> {
        let entry = self.entries.get_mut(&key)?;
        entry.used = true;
        Some(entry.value.clone())
    }

    /// Keeps a value, unless it alone is heavier than all may be together.
    pub fn insert(&mut self, key: K, value: V, weight: usize) {
        self.remove(key);
        if weight > self.weight_max {
            return;
        }
        while self.weight + weight > self.weight_max {
            self.evict_one();
        }
        self.tickets += 1;
        self.entries.insert(key, Entry { value, weight, ticket: self.tickets, used: false });
        self.order.push_back((key, self.tickets));
        self.weight += weight;
    }

    pub fn remove(&mut self, key: K) {
        if let Some(entry) = self.entries.remove(&key) {
            self.weight -= entry.weight;
            // Removed entries leave their place in the order behind; they must not gather there.
            if self.order.len() > 2 * self.entries.len() + 64 {
                let entries = &self.entries;
                self.order
                    .retain(|(key, ticket)| entries.get(key).is_some_and(|entry| entry.ticket == *ticket));
            }
        }
    }

    fn evict_one(&mut self) {
        let Some((key, ticket)) = self.order.pop_front() else { return };
        match self.entries.get_mut(&key).filter(|entry| entry.ticket == ticket) {
            None => {}
            Some(entry) if entry.used => {
                entry.used = false;
                self.order.push_back((key, ticket));
            }
            Some(entry) => {
                self.weight -= entry.weight;
                self.entries.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_used_stays() {
        let mut cache = SecondChance::new(100);
        cache.insert(0, "used", 1);
        for key in 1..1000 {
            cache.insert(key, "once", 1);
            assert_eq!(cache.get(0), Some("used"), "after {key}");
        }
        assert_eq!(cache.get(1), None);
        cache.remove(0);
        assert_eq!(cache.get(0), None);
    }

    proptest! {
        #[test]
        fn weight_and_bookkeeping_stay_bounded(
            steps in prop::collection::vec((0u8..3, 0u8..40, 0usize..30), 0..2000),
        ) {
            let mut cache = SecondChance::new(100);
            for (what, key, weight) in steps {
                match what {
                    0 => cache.insert(key, key, weight),
                    1 => cache.remove(key),
                    _ => prop_assert!(cache.get(key).is_none_or(|value| value == key)),
                }
                let sum: usize = cache.entries.values().map(|entry| entry.weight).sum();
                prop_assert_eq!(cache.weight, sum);
                prop_assert!(sum <= 100);
                prop_assert!(cache.order.len() <= 2 * cache.entries.len() + 64 + 1);
                for (key, entry) in &cache.entries {
                    let places = cache.order.iter().filter(|place| **place == (*key, entry.ticket)).count();
                    prop_assert_eq!(places, 1);
                }
            }
        }
    }
}
