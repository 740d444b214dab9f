#include "db/commit.h"

#include <algorithm>

#include "base/checksum.h"
#include "base/coding.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/range_tombstones.h"

namespace ashlar {
namespace {

// A buffer that one large commit has blown up is not kept for the small ones behind it.
constexpr std::size_t kKeptBytes = 1 << 20;

// What an operation ends with.
constexpr std::size_t kChecksumBytes = sizeof(uint32_t);

template <typename Buffer>
void make_empty(Buffer* buffer) {
  buffer->clear();
  if (buffer->capacity() * sizeof(typename Buffer::value_type) > kKeptBytes) {
    Buffer().swap(*buffer);
  }
}

struct ReusedCommit {
  Commit commit;
  bool in_use = false;
};

ReusedCommit& reused_commit() {
  thread_local ReusedCommit reused;
  return reused;
}

}  // namespace

Status check_key(std::string_view key) {
  if (key.empty()) return Status::invalid_argument("key is empty");
  if (key.size() > kMaximumKeyBytes) {
    return Status::too_large("key has " + std::to_string(key.size()) + " bytes; the limit is " +
                             std::to_string(kMaximumKeyBytes));
  }
  return {};
}

Status check_stored_key(std::string_view key) {
  if (key.empty()) return Status::invalid_argument("key is empty");
  if (key.size() > kMaximumStoredKeyBytes) {
    return Status::too_large("key takes " + std::to_string(key.size()) +
                             " bytes as it is stored; the limit is " +
                             std::to_string(kMaximumStoredKeyBytes));
  }
  return {};
}

Status check_value(std::string_view value) {
  if (value.size() > kMaximumValueBytes) {
    return Status::too_large("value has " + std::to_string(value.size()) + " bytes; the limit is " +
                             std::to_string(kMaximumValueBytes));
  }
  return {};
}

void Commit::set(std::string_view key, std::string_view value, uint64_t expires_at_ms,
                 bool value_is_pointer) {
  add(EntryKind::kSet, key, value, expires_at_ms, value_is_pointer);
}

void Commit::set_pointer(std::string_view key, const ValuePointer& pointer,
                         uint64_t expires_at_ms) {
  value_files_.push_back(pointer.file_number);
  pointers_.push_back(std::make_unique<const std::string>(pointer.encode()));
  add(EntryKind::kSet, key, *pointers_.back(), expires_at_ms, true);
  user_bytes_ += pointer.length;
}

void Commit::del(std::string_view key) {
  add(EntryKind::kDelete, key, {}, 0, false);
}

void Commit::del_range(std::string_view from, std::string_view to) {
  // [COMMIT-1]
  std::erase_if(items_, [&](const Item& item) {
    return item.operation.kind != EntryKind::kDeleteRange && item.operation.key >= from &&
           before_end(item.operation.key, to);
  });
  add(EntryKind::kDeleteRange, from, to, 0, false);
}

void Commit::add(EntryKind kind, std::string_view key, std::string_view value,
                 uint64_t expires_at_ms, bool value_is_pointer) {
  Item item;
  item.operation.kind = kind;
  item.operation.key = key;
  item.operation.value = value;
  item.operation.expires_at_ms = expires_at_ms;
  item.operation.value_is_pointer = value_is_pointer;
  item.hash = kind == EntryKind::kDeleteRange ? 0 : hash_key(key);
  items_.push_back(item);
  user_bytes_ += key.size() + value.size();
}

void Commit::seal(uint64_t timestamp_us) {
  encoded_.clear();
  only_deletes_ = true;
  has_deletes_ = false;
  digest_ = 0;
  for (Item& item : items_) {
    only_deletes_ = only_deletes_ && item.operation.kind != EntryKind::kSet;
    has_deletes_ = has_deletes_ || item.operation.kind == EntryKind::kDelete;
    item.operation.timestamp_us = timestamp_us;
    item.offset = encoded_.size();
    item.operation.checksum = encode_operation(item.operation, &encoded_);
    item.size = encoded_.size() - item.offset;
    digest_ = crc32c(std::string_view(encoded_).substr(encoded_.size() - kChecksumBytes), digest_);
  }
}

ThreadCommit::ThreadCommit() {
  ReusedCommit& reused = reused_commit();
  if (reused.in_use) {
    other_ = std::make_unique<Commit>();
    commit_ = other_.get();
    return;
  }
  reused.in_use = true;
  commit_ = &reused.commit;
}

// What a large commit took is given up here, and not when the thread writes the next time.
ThreadCommit::~ThreadCommit() {
  if (other_) return;
  commit_->clear();
  commit_->set_rules(0);
  reused_commit().in_use = false;
}

void Commit::clear() {
  make_empty(&items_);
  make_empty(&pointers_);
  make_empty(&value_files_);
  make_empty(&encoded_);
  user_bytes_ = 0;
}

}  // namespace ashlar
