// What a write of documents changes in their indexes' entries.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ashlar/result.h"
#include "base/byte_arena.h"
#include "db/engine.h"
#include "index/index.h"

namespace ashlar {

struct EntryChange {
  const Index* index = nullptr;
  // As stored. The value of an entry that goes is the one that it has had.
  std::string_view key;
  std::string_view value;
  bool exclusive = false;  // see DocumentEntries
  bool added = false;      // else it goes
  uint64_t expires_at_ms = 0;
};

// Ownership: of the bytes that its changes look at; the indexes must outlive it.
// Threads:   one at a time.
class EntryChanges {
 public:
  void add(const Index& index, const DocumentEntries::Entry& entry, uint64_t expires_at_ms) {
    push(index, entry, true, expires_at_ms);
  }
  void remove(const Index& index, const DocumentEntries::Entry& entry) {
    push(index, entry, false, 0);
  }
  // Once, however many documents show it.
  void add_trait(const Index& index, std::string_view key) {
    for (const Trait& known : traits_) {
      if (known.key == key) return;
    }
    traits_.push_back({&index, std::string(key)});
  }

  struct Trait {
    const Index* index;
    std::string key;
  };
  const std::vector<EntryChange>& changes() const { return changes_; }
  // By the entries' keys, so that equal ones are neighbours.
  void sort();
  const std::vector<Trait>& traits() const { return traits_; }

 private:
  static constexpr std::size_t kUsualChanges = 8;

  void push(const Index& index, const DocumentEntries::Entry& entry, bool added,
            uint64_t expires_at_ms) {
    if (changes_.empty()) changes_.reserve(kUsualChanges);
    changes_.push_back({&index, bytes_.keep(entry.key), bytes_.keep(entry.value), entry.exclusive,
                        added, expires_at_ms});
  }

  ByteArena bytes_;
  std::vector<EntryChange> changes_;
  std::vector<Trait> traits_;
};

// What the value at a unique entry's key means for a change of it.
enum class EntryTurn : unsigned char {
  kMake,     // make the change
  kPassOver  // the entry that would go is another document's
};

// `found` is the value at the key of a change of an exclusive entry; null if there is none.
//   kDuplicate   another document has the values; names index, values and keys.
//   kCorruption  the value is no entry's.
Result<EntryTurn> judge_exclusive(const EntryChange& change, const std::string_view* found);

// Whether a commit that shows this trait has to store it.
Result<bool> must_store(const EntryChanges::Trait& trait, const Engine& engine);

// Into a commit, which looks at the bytes of the changes.
void add_change(const EntryChange& change, Commit* commit);
Status add_traits(const EntryChanges& changes, const Engine& engine, Commit* commit);

}  // namespace ashlar
