// What a transaction has read: the keys and the ranges, present or not.
#pragma once

#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/byte_arena.h"
#include "db/latest_state.h"

namespace ashlar {

// A range as far as it was consumed: [from, to), empty `to` for no end.
struct ReadRange {
  std::string from;
  std::string to;
  bool touched = false;  // something, or the absence of it, was seen
};

// Threads: one at a time.
class ReadSet {
 public:
  void add_key(std::string_view key);
  // For a cursor to widen while it moves; stays valid as long as the set.
  ReadRange* add_range() { return ranges_.emplace_back(std::make_unique<ReadRange>()).get(); }

  // Ok if nothing of it was changed by a commit later than `since`; else kConflict with a key.
  Status validate(const LatestState& latest, SequenceNumber since) const;

 private:
  struct Key {
    uint64_t hash;
    std::string_view key;

    friend bool operator==(const Key&, const Key&) = default;
  };
  struct HashOfKey {
    std::size_t operator()(const Key& key) const { return key.hash; }
  };
  // So many keys are compared one by one; a set is made for more.
  static constexpr std::size_t kFewKeys = 16;

  using KeySet = std::unordered_set<Key, HashOfKey>;

  ByteArena bytes_;                   // of the keys
  std::pmr::vector<Key> keys_{&bytes_};  // distinct
  std::unique_ptr<KeySet> many_keys_;    // the same, once they are many
  std::vector<std::unique_ptr<ReadRange>> ranges_;
};

// kConflict if a commit later than `since` changed the key, or one in the range.
// `hash` is hash_key(key).
Status check_unchanged(const LatestState& latest, std::string_view key, uint64_t hash,
                       SequenceNumber since);
Status check_range_unchanged(const LatestState& latest, std::string_view from, std::string_view to,
                             SequenceNumber since);

}  // namespace ashlar
