//! Spreads keys evenly over a few shards, so that no partition gets all the writes. The shard of a
//! key is part of what is stored, so the function never changes.

/// The offset basis and the prime of FNV-1a with 32 bits.
const FNV_BASIS: u32 = 0x811c_9dc5;
const FNV_PRIME: u32 = 0x0100_0193;

/// Returns the shard of a key that has several parts, from 0 to `shards` - 1.
pub fn shard_of(parts: &[&str], shards: u32) -> u32 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    let hash = bytes.fold(FNV_BASIS, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(FNV_PRIME));
    // The low bits of FNV-1a depend on the low bits of the key alone.
    (hash ^ (hash >> 16)) % shards.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_differ_in_a_number_are_spread_evenly() {
        for (shards, name) in [(8, "D#p1."), (16, "c-"), (4, "evt_")] {
            let mut counts = vec![0; shards as usize];
            for number in 0..10_000 {
                counts[shard_of(&["run#r#0003", &format!("{name}{number}")], shards) as usize] += 1;
            }
            let fair = 10_000 / shards;
            let close = |count: &u32| (fair * 9 / 10..=fair * 11 / 10).contains(count);
            assert!(counts.iter().all(close), "{name}: {counts:?}");
        }
    }

    #[test]
    fn a_key_keeps_its_shard() {
        assert_eq!([shard_of(&["a", "b"], 8), shard_of(&["ab"], 8), shard_of(&[], 8)], [1, 6, 1]);
        assert_eq!(shard_of(&["a"], 1), 0);
    }
}
