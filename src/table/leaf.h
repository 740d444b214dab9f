// Data pages: the records of a table, in [ORDER-1] order.
//
//   leaf      0    1    2     4      6    8        aligned to 4
//             +----+----+-----+------+----+--------+---------+-------+------- - - -
//             | 1  |span|count|prefix| 0  | prefix | offsets | heads | records
//             +----+----+-----+------+----+--------+---------+-------+------- - - -
//   continued +----+----+----------+------------------------------ - - -
//             | 2  |page| 0        | next 4088 bytes of the record
//             +----+----+----------+------------------------------ - - -
//
// A record starts at a multiple of four, at the first one behind its predecessor:
//
//   +-------+--------+-------+- - - - - +- - - - - -+------------+-------+
//   | flags | suffix | value | sequence | expires at| key suffix | value |
//   | 1     | varint | varint| varint   | 8         |            |       |
//   +-------+--------+-------+- - - - - +- - - - - -+------------+-------+
//
// Example (set "key1" = "a" with sequence 7, then "key2" deleted; first 40 bytes of the page):
//   01 01 02 00 03 00 00 00 | 6b 65 79 00 | 14 00 1c 00 | 00 31 00 32 |
//   41 01 01 07 31 61 00 00 | 02 01 00 32 00 00 00 00 | ...
//
// [LEAF-1] A leaf of one page holds whole records; a wide leaf holds one record, which goes on in
//          span - 1 continued pages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/coding.h"
#include "base/entry.h"
#include "table/table_format.h"

namespace ashlar {

inline constexpr std::size_t kLeafHeaderBytes = 8;
inline constexpr std::size_t kContinuedHeaderBytes = 4;
inline constexpr std::size_t kContinuedContentBytes = kPageContentBytes - kContinuedHeaderBytes;
inline constexpr uint32_t kMaximumLeafRecords = 512;
inline constexpr uint32_t kMaximumLeafSpan = 255;
// Flags, three varints and an expiry.
inline constexpr std::size_t kMaximumRecordFrontBytes = 1 + 3 * kMaximumVarint64Bytes + 8;
// In a wide leaf the record follows the header, one offset and one head.
inline constexpr std::size_t kWideRecordOffset = kLeafHeaderBytes + 4;

enum class PageKind : unsigned char { kLeaf = 1, kContinued = 2 };

namespace record_flags {
inline constexpr unsigned kKindMask = 0x0f;
inline constexpr unsigned kExpires = 0x10;
inline constexpr unsigned kPointer = 0x20;
inline constexpr unsigned kSequence = 0x40;
}  // namespace record_flags

// One record, decoded; views into its page or into assembled bytes.
struct Record {
  EntryKind kind = EntryKind::kSet;
  bool value_is_pointer = false;
  SequenceNumber sequence = 0;
  uint64_t expires_at_ms = 0;
  std::string_view suffix;
  std::string_view value;

  EntryView entry(std::string_view key) const {
    return {key, sequence, kind, value_is_pointer, expires_at_ms, value};
  }
};

// The lengths at a record's front, and where its key suffix begins.
struct RecordFront {
  unsigned flags = 0;
  uint64_t suffix_bytes = 0;
  uint64_t value_bytes = 0;
  SequenceNumber sequence = 0;
  uint64_t expires_at_ms = 0;
  const char* body = nullptr;
};

// False if [from, end) does not begin with the front of a record.
inline bool decode_record_front(const char* from, const char* end, RecordFront* front) {
  if (from >= end) return false;
  front->flags = static_cast<unsigned char>(*from++);
  if (((front->flags & 0x8f) - 1u) > 1u) return false;
  if ((from = load_varint(from, end, &front->suffix_bytes)) == nullptr) return false;
  if ((from = load_varint(from, end, &front->value_bytes)) == nullptr) return false;
  front->sequence = 0;
  if ((front->flags & record_flags::kSequence) != 0 &&
      (from = load_varint(from, end, &front->sequence)) == nullptr) {
    return false;
  }
  front->expires_at_ms = 0;
  if ((front->flags & record_flags::kExpires) != 0) {
    if (end - from < 8) return false;
    front->expires_at_ms = load<uint64_t>(from);
    from += 8;
  }
  front->body = from;
  return true;
}

// Decodes the record at `from`, which must end by `end`; returns the byte behind it, or null.
inline const char* decode_record(const char* from, const char* end, Record* record) {
  RecordFront front;
  if (!decode_record_front(from, end, &front)) return nullptr;
  const auto left = static_cast<uint64_t>(end - front.body);
  if (front.suffix_bytes > left || front.value_bytes > left - front.suffix_bytes) return nullptr;
  record->kind = static_cast<EntryKind>(front.flags & record_flags::kKindMask);
  record->value_is_pointer = (front.flags & record_flags::kPointer) != 0;
  record->sequence = front.sequence;
  record->expires_at_ms = front.expires_at_ms;
  record->suffix = {front.body, front.suffix_bytes};
  record->value = {front.body + front.suffix_bytes, front.value_bytes};
  return record->value.data() + record->value.size();
}

// Whether the record is a set without sequence, expiry and pointer, all of whose lengths take one
// byte, as most are; then its key's suffix and its value.
inline bool decode_plain_record(const char* from, std::string_view* suffix,
                                std::string_view* value) {
  const auto front = load<uint32_t>(from);
  if ((front & 0x8080ff) != static_cast<uint32_t>(EntryKind::kSet)) return false;
  const std::size_t suffix_bytes = front >> 8 & 0x7f;
  *suffix = {from + 3, suffix_bytes};
  *value = {from + 3 + suffix_bytes, front >> 16 & 0x7f};
  return true;
}

// Decodes a record of a page that find_page_problem() had no objection to.
inline void decode_trusted_record(const char* from, Record* record) {
  if (Record plain; decode_plain_record(from, &plain.suffix, &plain.value)) [[likely]] {
    *record = plain;
    return;
  }
  const auto flags = static_cast<unsigned char>(*from++);
  uint64_t suffix_bytes;
  uint64_t value_bytes;
  from = load_trusted_varint(from, &suffix_bytes);
  from = load_trusted_varint(from, &value_bytes);
  record->sequence = 0;
  if ((flags & record_flags::kSequence) != 0) from = load_trusted_varint(from, &record->sequence);
  record->expires_at_ms = 0;
  if ((flags & record_flags::kExpires) != 0) {
    record->expires_at_ms = load<uint64_t>(from);
    from += 8;
  }
  record->kind = static_cast<EntryKind>(flags & record_flags::kKindMask);
  record->value_is_pointer = (flags & record_flags::kPointer) != 0;
  record->suffix = {from, suffix_bytes};
  record->value = {from + suffix_bytes, value_bytes};
}

// A look at a data page that find_page_problem() had no objection to.
class LeafView {
 public:
  LeafView() = default;
  explicit LeafView(const char* page) : page_(page) {}

  const char* page() const { return page_; }
  bool is_leaf() const { return page_[0] == static_cast<char>(PageKind::kLeaf); }
  // Of a leaf: how many pages it takes. Of a continued page: how many pages before it the leaf
  // begins.
  uint32_t span() const { return static_cast<unsigned char>(page_[1]); }
  bool wide() const { return span() > 1; }
  uint32_t count() const { return load<uint16_t>(page_ + 2); }
  std::string_view prefix() const { return {page_ + kLeafHeaderBytes, prefix_bytes()}; }
  std::size_t prefix_bytes() const { return load<uint16_t>(page_ + 4); }
  std::size_t record_offset(uint32_t slot) const { return load<uint16_t>(offsets() + 2 * slot); }
  uint16_t head(uint32_t slot) const { return load<uint16_t>(offsets() + 2 * (count() + slot)); }
  // Where the record offsets of the slots lie, two bytes each.
  const char* offsets() const {
    return page_ + kLeafHeaderBytes + ((prefix_bytes() + 3) & ~std::size_t{3});
  }
  const char* content_end() const { return page_ + kPageContentBytes; }

  // The record in a slot of a leaf that is not wide.
  Record record(uint32_t slot) const {
    Record record;
    decode_trusted_record(page_ + record_offset(slot), &record);
    return record;
  }
  // First slot whose entry is not before (key, sequence); count() if there is none. Not of a wide
  // leaf. In two steps: first, from the top of the page, in which range it lies; then by looking at
  // the records there, unless the range is empty: it is the sought one then.
  struct SlotRange {
    uint32_t from;
    uint32_t to;
  };
  SlotRange slots_like(std::string_view key) const;
  uint32_t lower_bound_in(SlotRange range, std::string_view key, SequenceNumber sequence) const;

 private:
  const char* page_ = nullptr;
};

// What is wrong with the structure of a data page, or null: afterwards every record can be decoded
// without leaving the page. Says nothing about the order of records.
const char* find_page_problem(const char* page);
// What is wrong with the order of a sound leaf's records or with its key heads, or null.
const char* find_order_problem(const LeafView& leaf);

// Appends the pieces of a wide leaf's record, page by page.
class WideRecord {
 public:
  // Takes the record's part on page `index` of the leaf (0 is the first). False if the page is not
  // that part.
  bool append(const char* page, uint32_t index);
  // Decodes what was appended; the views point into this object. False if it is not a record.
  bool decode(Record* record) const;
  void clear() { bytes_.clear(); }

 private:
  std::string bytes_;
};

// Collects entries until a leaf is full, then lays it out.
//
// Threads: one at a time.
class LeafWriter {
 public:
  // Takes the entry, which must be behind the last one, if it fits; the first always does unless it
  // needs more than kMaximumLeafSpan pages. `tag` is handed back by write().
  bool try_add(const EntryView& entry, uint64_t tag, bool tagged);
  bool empty() const { return staged_.empty(); }
  std::size_t record_count() const { return staged_.size(); }
  // Of the leaf as it would be written now.
  uint32_t span() const;
  std::string_view first_key() const { return key(staged_.front()); }

  struct Placed {
    std::size_t offset;  // of the record, in the leaf
    uint64_t tag;
  };
  // Replaces *pages by the leaf's pages, not sealed, and *placed by its tagged records, then starts
  // anew.
  void write(std::string* pages, std::vector<Placed>* placed);

 private:
  struct Staged {
    std::size_t at;  // of the key in bytes_; the value follows it
    std::size_t key_bytes;
    std::size_t value_bytes;
    unsigned flags;
    SequenceNumber sequence;
    uint64_t expires_at_ms;
    uint64_t tag;
    bool tagged;
  };

  std::string_view key(const Staged& staged) const {
    return {bytes_.data() + staged.at, staged.key_bytes};
  }
  static std::size_t record_bytes(const Staged& staged, std::size_t prefix_bytes);
  char* store_record(char* to, const Staged& staged, std::size_t prefix_bytes) const;
  std::size_t records_bytes(std::size_t prefix_bytes) const;
  void write_narrow(char* page, std::vector<Placed>* placed) const;
  void write_wide(char* pages, uint32_t span, std::vector<Placed>* placed) const;

  std::string bytes_;
  std::vector<Staged> staged_;
  std::size_t prefix_bytes_ = 0;   // common to all staged keys
  std::size_t records_bytes_ = 0;  // of all staged records, each rounded up to 4
};

// Bytes that a page with these contents takes, its checksum not counted.
inline constexpr std::size_t leaf_bytes(std::size_t prefix_bytes, std::size_t count,
                                        std::size_t records_bytes) {
  return kLeafHeaderBytes + ((prefix_bytes + 3) & ~std::size_t{3}) + 4 * count + records_bytes;
}

// Pages that a wide leaf with a record of so many bytes takes.
inline constexpr uint64_t wide_span(uint64_t record_bytes) {
  const std::size_t first = kPageContentBytes - kWideRecordOffset;
  if (record_bytes <= first) return 1;
  return 1 + (record_bytes - first + kContinuedContentBytes - 1) / kContinuedContentBytes;
}

}  // namespace ashlar
