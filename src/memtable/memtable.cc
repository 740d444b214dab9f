#include "memtable/memtable.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check.h"
#include "base/checksum.h"
#include "base/coding.h"
#include "base/limits.h"
#include "base/try.h"
#include "memtable/memtable_iterator.h"
#include "memtable/visible_iterator.h"

namespace ashlar {
namespace {

// What a record costs besides its bytes: its slot in the hash index, and its item in a sorted run.
constexpr std::size_t kIndexBytesPerRecord = 16;
constexpr std::size_t kOrderBytesPerRecord = 16;
// The hash index is laid out for records of this size; smaller ones fill it before the arena.
constexpr std::size_t kTypicalRecordBytes = 128;
// Each commit with a range tombstone makes a copy of all so far: this many in all, at most, besides
// those of one commit.
constexpr std::size_t kMaximumRangeTombstoneCopies = 32 << 10;

// Buffers are taken in whole pages.
constexpr std::size_t whole_pages(std::size_t bytes) {
  return bytes / kPageBytes * kPageBytes;
}
constexpr std::size_t round_up_8(std::size_t bytes) {
  return (bytes + 7) & ~std::size_t{7};
}

}  // namespace

Result<std::shared_ptr<Memtable>> Memtable::create(std::size_t capacity, uint64_t log_position,
                                                   MemtableMemory* memory) {
  const std::size_t expected = capacity / (kTypicalRecordBytes + kIndexBytesPerRecord);
  const std::size_t index_bytes = whole_pages(HashIndex::memory_bytes(expected) + kPageBytes - 1);
  const std::size_t arena_bytes =
      std::min(whole_pages(capacity - index_bytes), std::size_t{kRecordLimit} * 8);
  ASHLAR_TRY_ASSIGN(MemtableMemory::Piece piece,
                    memory->take(capacity, arena_bytes, index_bytes));
  return std::shared_ptr<Memtable>(
      new Memtable(capacity, std::move(piece), expected, log_position, memory));
}

Memtable::Memtable(std::size_t capacity, MemtableMemory::Piece piece, std::size_t expected,
                   uint64_t log_position, MemtableMemory* memory)
    : capacity_(capacity),
      memory_(memory),
      arena_(std::move(piece.arena)),
      index_(expected, std::move(piece.index)),
      log_position_(log_position),
      touched_(piece.touched),
      order_(*this) {
  range_tombstone_versions_.push_back(std::make_unique<const RangeTombstones>());
  range_tombstones_.store(range_tombstone_versions_.back().get(), std::memory_order_release);
}

Memtable::~Memtable() {
  const std::size_t touched = std::max(touched_.load(std::memory_order_relaxed), used_bytes());
  memory_->give_back(capacity_, {std::move(arena_), index_.take_memory(), touched});
}

bool Memtable::touch_ahead() {
  if (!is_short_of_pages(kTouchedAheadBytes)) return false;
  const std::size_t touched = touched_.load(std::memory_order_relaxed);
  if (touched == 0) index_.take_pages();
  const std::size_t from = std::max(touched, behind_writer());
  arena_.take_pages(from, kTouchBytes);
  touched_.store(from + kTouchBytes, std::memory_order_relaxed);
  return true;
}

bool Memtable::fits(std::size_t bytes, std::size_t count) const {
  const std::size_t order = (entry_count() + count) * kOrderBytesPerRecord;
  return end_.load(std::memory_order_relaxed) + record_bytes(bytes, count) + order <=
             arena_.size() &&
         index_.has_room(count) && range_tombstone_copies_ <= kMaximumRangeTombstoneCopies;
}

void Memtable::add(SequenceNumber sequence, std::string_view operation, const Operation& decoded,
                   uint64_t hash, uint64_t log_position) {
  const std::size_t at = end_.load(std::memory_order_relaxed);
  const std::size_t next = record_end(at, operation.size());
  ASHLAR_CHECK(next <= arena_.size());
  char* const to = arena_.data() + at;
  store<uint64_t>(to, sequence);
  store<uint32_t>(to + 8, 0);
  store<uint32_t>(to + 12, static_cast<uint32_t>(operation.size()));
  std::memcpy(to + kRecordHeaderBytes, operation.data(), operation.size());
  if (operation.size() >= kLargeValueBytes) [[unlikely]] {
    store<uint64_t>(arena_.data() + next - kPositionBytes, log_position);
    if (log_position != 0 && !has_logged_values_.load(std::memory_order_relaxed)) {
      has_logged_values_.store(true, std::memory_order_relaxed);
    }
  }
  largest_sequence_ = sequence;

  if (decoded.kind == EntryKind::kDeleteRange) {
    new_range_tombstones_.push_back(
        {std::string(decoded.key), std::string(decoded.value), sequence});
  } else {
    shrink_common_prefix(to, decoded.key);
    const auto number = static_cast<RecordNumber>(at / 8);
    index_.put(
        hash, number, [&](RecordNumber other) { return key_of(record(other)) == decoded.key; },
        [&](RecordNumber previous) { store<uint32_t>(to + 8, previous); });
    if (decoded.kind == EntryKind::kSet && !has_sets_.load(std::memory_order_relaxed)) {
      has_sets_.store(true, std::memory_order_release);
    }
    entry_count_.store(entry_count() + 1, std::memory_order_relaxed);
    if (!has_entries_.load(std::memory_order_relaxed)) {
      has_entries_.store(true, std::memory_order_release);
    }
  }
  end_.store(next, std::memory_order_release);
}

void Memtable::shrink_common_prefix(const char* record, std::string_view key) {
  if (first_entry_ == nullptr) {
    first_entry_ = record;
    common_prefix_.store(key.size(), std::memory_order_relaxed);
    return;
  }
  const std::size_t common = common_prefix_.load(std::memory_order_relaxed);
  const std::string_view first = key_of(first_entry_);
  const std::size_t limit = std::min(common, key.size());
  if (std::memcmp(first.data(), key.data(), limit) == 0) {
    if (limit < common) common_prefix_.store(limit, std::memory_order_relaxed);
    return;
  }
  const auto differs = std::mismatch(key.begin(), key.begin() + limit, first.begin()).first;
  common_prefix_.store(static_cast<std::size_t>(differs - key.begin()), std::memory_order_relaxed);
}

void Memtable::end_commit() {
  if (new_range_tombstones_.empty()) return;
  std::vector<RangeTombstone> all = range_tombstones().all();
  all.insert(all.end(), std::make_move_iterator(new_range_tombstones_.begin()),
             std::make_move_iterator(new_range_tombstones_.end()));
  new_range_tombstones_.clear();
  range_tombstone_copies_ += all.size();
  range_tombstone_versions_.push_back(std::make_unique<const RangeTombstones>(std::move(all)));
  range_tombstones_.store(range_tombstone_versions_.back().get(), std::memory_order_release);
}

bool Memtable::get(std::string_view key, uint64_t hash, SequenceNumber visible,
                   EntryView* entry) const {
  if (!has_entries_.load(std::memory_order_acquire)) return false;
  const RecordNumber newest =
      index_.find(hash, [&](RecordNumber candidate) { return key_of(record(candidate)) == key; });
  return visible_entry_at(newest, visible, entry);
}

bool Memtable::visible_entry_at(RecordNumber number, SequenceNumber visible,
                                EntryView* entry) const {
  while (number != 0) {
    const char* const at = record(number);
    if (sequence_of(at) <= visible) {
      *entry = entry_of(at);
      return true;
    }
    number = load<uint32_t>(at + 8);
  }
  return false;
}

std::unique_ptr<EntryIterator> Memtable::new_iterator() const {
  return std::make_unique<MemtableIterator>(shared_from_this(), order_.sorted());
}

std::unique_ptr<EntryIterator> Memtable::new_iterator_at(SequenceNumber visible) const {
  return std::make_unique<VisibleIterator>(shared_from_this(), order_.sorted(), visible);
}

uint64_t Memtable::count_records(std::string_view from, std::string_view to) const {
  const auto sorted = order_.sorted();
  uint64_t count = 0;
  for (const auto& run : sorted->runs) {
    const auto find = [&](std::string_view key) {
      return first_at_or_behind(*this, *sorted, *run, key, kMaximumSequence);
    };
    const SortedRuns::Item* const end =
        to.empty() ? run->items().data() + run->items().size() : find(to);
    const SortedRuns::Item* const begin = find(from);
    if (begin < end) count += static_cast<uint64_t>(end - begin);
  }
  return count;
}

Status Memtable::verify_checksums() const {
  const std::size_t end = end_.load(std::memory_order_acquire);
  for (std::size_t at = 8; at < end;) {
    const char* const bytes = arena_.data() + at;
    const std::size_t size = load<uint32_t>(bytes + 12);
    const bool possible = size > 4 && size <= end - at - kRecordHeaderBytes;
    const std::string_view operation(bytes + kRecordHeaderBytes, possible ? size : 0);
    if (!possible ||
        crc32c(operation.substr(0, size - 4)) != load<uint32_t>(operation.data() + size - 4)) {
      return Status::corruption("memtable: record at offset " + std::to_string(at) +
                                " changed in memory: its checksum does not match");
    }
    at = record_end(at, size);
  }
  return {};
}

std::vector<LoggedValue> Memtable::logged_values() const {
  std::vector<LoggedValue> values;
  if (!has_logged_values_.load(std::memory_order_relaxed)) return values;
  std::vector<RecordNumber> numbers;  // of the same records
  std::string_view last_key;
  const std::size_t end = end_.load(std::memory_order_acquire);
  std::size_t next = 0;
  for (std::size_t at = 8; at < end; at = next) {
    const char* const bytes = arena_.data() + at;
    const std::size_t size = load<uint32_t>(bytes + 12);
    next = record_end(at, size);
    const auto older = std::lower_bound(numbers.begin(), numbers.end(), load<uint32_t>(bytes + 8));
    if (older != numbers.end() && *older == load<uint32_t>(bytes + 8)) {
      values[static_cast<std::size_t>(older - numbers.begin())].superseded = true;
    }
    if (size < kLargeValueBytes) continue;
    const auto position = load<uint64_t>(arena_.data() + next - kPositionBytes);
    const EntryView entry = entry_of(bytes);
    if (position == 0 || entry.kind != EntryKind::kSet || entry.value.size() < kLargeValueBytes) {
      continue;
    }
    numbers.push_back(static_cast<RecordNumber>(at / 8));
    values.push_back({position, {bytes + kRecordHeaderBytes, size}, entry.value.size(), false,
                      entry.key >= last_key});
    last_key = entry.key;
  }
  return values;
}

LoggedOperation Memtable::operation_of(const EntryView& entry) const {
  const std::size_t front = kRecordHeaderBytes + 9 + varint_bytes(entry.key.size());
  const char* const bytes = entry.key.data() - front;
  ASHLAR_CHECK(bytes >= arena_.data() && bytes < arena_.data() + used_bytes());
  const std::size_t size = load<uint32_t>(bytes + 12);
  LoggedOperation operation{0, {bytes + kRecordHeaderBytes, size}};
  if (size >= kLargeValueBytes) {
    const std::size_t end = record_end(static_cast<std::size_t>(bytes - arena_.data()), size);
    operation.log_position = load<uint64_t>(arena_.data() + end - kPositionBytes);
  }
  return operation;
}

std::size_t Memtable::record_end(std::size_t at, std::size_t operation_bytes) {
  const std::size_t end = round_up_8(at + kRecordHeaderBytes + operation_bytes);
  return operation_bytes >= kLargeValueBytes ? end + kPositionBytes : end;
}

SequenceNumber Memtable::sequence_of(const char* record) {
  return load<uint64_t>(record);
}

std::string_view Memtable::key_of(const char* record) {
  const char* const at = record + kRecordHeaderBytes + 9;
  uint64_t length = 0;
  const char* const key = load_varint(at, at + kMaximumVarint64Bytes, &length);
  return {key, length};
}

EntryView Memtable::entry_of(const char* record) {
  const Operation operation = decode_trusted_operation(record + kRecordHeaderBytes);
  EntryView entry;
  entry.key = operation.key;
  entry.sequence = sequence_of(record);
  entry.kind = operation.kind;
  entry.value_is_pointer = operation.value_is_pointer;
  entry.expires_at_ms = operation.expires_at_ms;
  entry.value = operation.value;
  return entry;
}

}  // namespace ashlar
