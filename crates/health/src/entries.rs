use std::collections::BTreeMap;

/// Entries as a map.
///
/// They are put in one by one: a map that is collected sorts its entries first, with 5 kB of machine code for each type of them.
pub(crate) fn map<K: Ord, V>(entries: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(entries);
    map
}
