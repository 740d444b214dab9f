// One version of one key, as memtables and tables hand it out, and the order of versions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ashlar/status.h"

namespace ashlar {

using SequenceNumber = uint64_t;  // number of a commit; see kMaximumSequence

enum class EntryKind : unsigned char {
  kSet = 1,
  kDelete = 2,       // a tombstone
  kDeleteRange = 3,  // in log and batch only: tables and memtables keep these apart
};

// What an entry says. Views point into the memtable or page that it came from.
struct EntryView {
  std::string_view key;
  SequenceNumber sequence = 0;
  EntryKind kind = EntryKind::kSet;
  // `value` is an encoded ValuePointer (base/value_pointer.h) and not the value itself.
  bool value_is_pointer = false;
  // Milliseconds since the epoch from which on the entry is a tombstone; 0 means never.
  uint64_t expires_at_ms = 0;
  std::string_view value;

  // A set that never expires and whose value is here.
  bool is_plain() const {
    return kind == EntryKind::kSet && expires_at_ms == 0 && !value_is_pointer;
  }
  bool is_live(uint64_t now_ms) const {
    return kind == EntryKind::kSet && (expires_at_ms == 0 || now_ms < expires_at_ms);
  }
};

// [ORDER-1] Versions are ordered by key, bytewise unsigned, then by sequence, newest first.
inline bool entry_before(std::string_view key_a, SequenceNumber sequence_a, std::string_view key_b,
                         SequenceNumber sequence_b) {
  const int order = key_a.compare(key_b);
  return order != 0 ? order < 0 : sequence_a > sequence_b;
}

struct EntryBatch;

// Walks versions in [ORDER-1] order. Not positioned at first.
//
// Threads: one at a time.
class EntryIterator {
 public:
  virtual ~EntryIterator() = default;
  virtual bool valid() const = 0;
  // The entry under the iterator; its views live until the iterator moves. The key of an entry from
  // a memtable's or a version's iterator lives through one move more.
  virtual const EntryView& entry() const = 0;
  virtual void seek_first() = 0;
  virtual void seek_last() = 0;
  // To the first version at or behind (key, sequence); with kMaximumSequence, of the key at all.
  virtual void seek(std::string_view key, SequenceNumber sequence) = 0;
  // seek() in steps, for whoever seeks in several iterators: each does the same step before any does
  // the next one, so that what one waits for from memory comes while the others go on. Called with
  // the same arguments and `step` 0, 1, … until it returns true: then the iterator is where seek()
  // leads to. In between it is of no other use.
  virtual bool seek_step(int /*step*/, std::string_view key, SequenceNumber sequence) {
    seek(key, sequence);
    return true;
  }
  virtual void next() = 0;
  virtual void previous() = 0;
  // Copies the current entry and those behind it, `most` at most, and moves to the last one copied;
  // the values stay where they are and live until the iterator moves on, and the batch must live as
  // long, as entry()'s key is in it. Returns how many: 0 if entries have to be taken one by one.
  // The iterator must be valid.
  virtual std::size_t take_batch(EntryBatch* /*batch*/, std::size_t /*most*/) { return 0; }
  // Looks, from the current entry on, for one that a reader at `visible` may be shown: a set that
  // nothing is known to hide. Lowers *nearest, an empty one being the highest, to a key that no such
  // entry comes before; looks no further than it, and at `most` entries or leaves, what is behind
  // them counting as shown. False if there is none to the end, or behind an error. The iterator must
  // be sought anew.
  virtual bool find_live(SequenceNumber /*visible*/, std::size_t /*most*/, std::string* nearest) {
    if (!valid()) return false;
    lower(nearest, entry().key);
    return true;
  }
  // Why the iterator became invalid, if not by reaching an end.
  virtual const Status& status() const = 0;

 protected:
  static void lower(std::string* nearest, std::string_view key) {
    if (nearest->empty() || key < *nearest) nearest->assign(key);
  }
};

}  // namespace ashlar
