// The operations of one commit, encoded for log and memtable.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ashlar/result.h"
#include "base/operation.h"
#include "base/value_pointer.h"

namespace ashlar {

// A key or value that can be stored; kInvalidArgument or kTooLarge says which limit it breaks.
Status check_key(std::string_view key);
Status check_value(std::string_view value);

// Operations in the order in which they take effect.
//
// [COMMIT-1] All operations of a commit have the same sequence, and a range tombstone deletes only
//            older ones; so a set that a later delete-range of the same commit covers is left out.
//
// Threads: one at a time. Meant to be reused: clear() keeps the memory.
class Commit {
 public:
  // An empty one whose memory is used again and again. There is one for each thread: what asks for
  // it must not be called by what fills it.
  static Commit& of_this_thread();

  // Arguments have been checked. `expires_at_ms` 0: never.
  void set(std::string_view key, std::string_view value, uint64_t expires_at_ms,
           bool value_is_pointer);
  void del(std::string_view key);
  void del_range(std::string_view from, std::string_view to);

  // The same for a value that was written to a value file; keeps the pointer's bytes itself.
  void set_pointer(std::string_view key, const ValuePointer& pointer, uint64_t expires_at_ms);

  // Encodes everything with the time of the commit. Must come last.
  void seal(uint64_t timestamp_us);
  void clear();

  bool empty() const { return items_.empty(); }
  std::size_t count() const { return items_.size(); }
  std::string_view bytes() const { return encoded_; }
  uint32_t digest() const { return digest_; }
  // Key and value bytes handed in.
  uint64_t user_bytes() const { return user_bytes_; }

  struct Item {
    Operation operation;  // views of the caller's bytes; they must outlive the commit
    uint64_t hash = 0;
    std::size_t offset = 0;  // in bytes(), once sealed
    std::size_t size = 0;
  };
  const std::vector<Item>& items() const { return items_; }
  // Value files that were written for this commit.
  const std::vector<uint64_t>& value_files() const { return value_files_; }

 private:
  void add(EntryKind kind, std::string_view key, std::string_view value, uint64_t expires_at_ms,
           bool value_is_pointer);

  std::vector<Item> items_;
  std::vector<std::unique_ptr<const std::string>> pointers_;  // encoded; items look at them
  std::vector<uint64_t> value_files_;
  std::string encoded_;
  uint32_t digest_ = 0;
  uint64_t user_bytes_ = 0;
};

}  // namespace ashlar
