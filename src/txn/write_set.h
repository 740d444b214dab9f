// What a transaction has written and not committed.
#pragma once

#include <cstdint>
#include <map>
#include <memory_resource>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_arena.h"
#include "db/engine.h"

namespace ashlar {

// A journal of writes in order, and what it comes to for each key: of a few writes found by looking
// through the journal, of more by an order of their keys, made when it is first needed.
//
// Threads: one at a time.
class WriteSet {
 public:
  struct Write {
    EntryKind kind = EntryKind::kSet;
    std::string_view key;    // of a range: its start
    std::string_view value;  // of a range: its end, empty for none
    uint64_t expires_at_ms = 0;
  };

  void set(std::string_view key, std::string_view value, uint64_t expires_at_ms);
  void del(std::string_view key);
  void del_range(std::string_view from, std::string_view to);

  bool empty() const { return journal_.empty(); }
  std::size_t size() const { return journal_.size(); }

  // The write that decides about the key, a set or a deletion; null if there is none. Valid until
  // the set changes.
  const Write* find(std::string_view key) const;
  // The same for points alone, in key order: the first with a key at or behind `key` (strictly
  // behind, if `after`), and the last one before `key` (empty: of all).
  const Write* next_point(std::string_view key, bool after) const;
  const Write* previous_point(std::string_view key) const;
  // Whether a range deletion covers the key, points aside.
  bool deletes(std::string_view key) const;

  // Undoes what was written after the set had this size.
  void truncate(std::size_t size);
  void mark(std::string_view name);
  // False if there is no such mark.
  bool rollback_to(std::string_view name);

  // Adds what the journal comes to. The set must outlive the commit.
  Status fill(Engine& engine, Commit* commit) const;
  // Calls point(key) for each key written, and range(from, to) for each range deleted.
  template <typename Point, typename Range>
  void for_each_written(Point&& point, Range&& range) const {
    for (const Write& write : journal_) {
      if (write.kind == EntryKind::kDeleteRange) {
        range(write.key, write.value);
      } else {
        point(write.key);
      }
    }
  }

 private:
  static constexpr std::size_t kFewWrites = 8;

  bool are_few() const { return journal_.size() <= kFewWrites; }
  void append(EntryKind kind, std::string_view key, std::string_view value, uint64_t expires_at_ms);
  // The last of the writes that decides about the key, point or range; null if there is none.
  const Write* last_about(std::string_view key) const;
  bool is_overtaken(std::size_t at) const;
  // Brings the order up to the journal.
  void put_in_order() const;
  // Takes the write at this place of the journal into account, as the last one.
  void apply(std::size_t at) const;
  void delete_range(std::string_view from, std::string_view to) const;

  ByteArena bytes_;  // what the views below look at
  std::pmr::vector<Write> journal_{&bytes_};
  bool has_ranges_ = false;  // or had, before they were undone
  // The order, and how many writes of the journal it has.
  mutable std::size_t ordered_ = 0;
  // The last write of a key since its deletion, by its place in the journal.
  mutable std::map<std::string_view, std::size_t> points_;
  mutable std::map<std::string_view, std::string_view> deleted_;  // disjoint ranges: start and end
  std::vector<std::pair<std::string, std::size_t>> marks_;  // name, length of the journal
};

}  // namespace ashlar
