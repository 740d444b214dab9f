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
Status check_key(std::string_view key);         // a user's key
Status check_stored_key(std::string_view key);  // as it is stored; see base/key_space.h
Status check_value(std::string_view value);

// Operations in the order in which they take effect.
//
// [COMMIT-1] All operations of a commit have the same sequence, and a range tombstone deletes only
//            older ones; so a set that a later delete-range of the same commit covers is left out.
//
// Threads: one at a time. Meant to be reused: clear() keeps the memory.
class Commit {
 public:
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

  // The rules that this commit was made under: it is refused once the engine has others
  // (Engine::write_rules). clear() keeps them.
  void set_rules(uint64_t rules) { rules_ = rules; }
  uint64_t rules() const { return rules_; }

  bool empty() const { return items_.empty(); }
  // Sealed, and nothing is set: such a commit goes on for a while on a full disk.
  bool only_deletes() const { return only_deletes_; }
  // Sealed, and a single key is deleted.
  bool has_deletes() const { return has_deletes_; }
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
  bool only_deletes_ = false;
  bool has_deletes_ = false;
  std::string encoded_;
  uint32_t digest_ = 0;
  uint64_t user_bytes_ = 0;
  uint64_t rules_ = 0;
};

// An empty commit whose memory is used again and again, one for each thread; another one, if what
// the thread is doing with that has led here: a wait in which background work is done.
//
// Threads: must be destroyed on the thread that made it.
class ThreadCommit {
 public:
  ThreadCommit();
  ~ThreadCommit();
  ThreadCommit(const ThreadCommit&) = delete;
  ThreadCommit& operator=(const ThreadCommit&) = delete;

  Commit& operator*() { return *commit_; }

 private:
  std::unique_ptr<Commit> other_;
  Commit* commit_;
};

}  // namespace ashlar
