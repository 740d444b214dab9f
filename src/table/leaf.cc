#include "table/leaf.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/key_prefix.h"
#include "base/value_pointer.h"

namespace ashlar {
namespace {

constexpr std::size_t round_up4(std::size_t bytes) {
  return (bytes + 3) & ~std::size_t{3};
}

const char* find_front_problem(unsigned flags, uint64_t value_bytes) {
  const bool is_set = (flags & record_flags::kKindMask) == static_cast<unsigned>(EntryKind::kSet);
  if (!is_set && (value_bytes > 0 || (flags & record_flags::kPointer) != 0)) {
    return "a deletion has a value";
  }
  if ((flags & record_flags::kPointer) != 0 && value_bytes != ValuePointer::kEncodedBytes) {
    return "a value pointer has a wrong length";
  }
  return nullptr;
}

const char* find_wide_problem(const LeafView& leaf) {
  if (leaf.count() != 1 || leaf.prefix_bytes() != 0 || leaf.record_offset(0) != kWideRecordOffset) {
    return "a wide leaf has a wrong header";
  }
  const char* from = leaf.page() + kWideRecordOffset;
  RecordFront front;
  if (!decode_record_front(from, leaf.content_end(), &front)) return "a record is not whole";
  constexpr uint64_t kMaximum = uint64_t{kMaximumLeafSpan} * kPageBytes;
  if (front.suffix_bytes > kMaximum || front.value_bytes > kMaximum) return "a record is too long";
  const uint64_t bytes =
      static_cast<uint64_t>(front.body - from) + front.suffix_bytes + front.value_bytes;
  if (wide_span(bytes) != leaf.span()) return "a wide leaf has a wrong number of pages";
  return find_front_problem(front.flags, front.value_bytes);
}

const char* find_narrow_problem(const LeafView& leaf) {
  if (leaf.count() == 0 || leaf.count() > kMaximumLeafRecords) return "wrong number of records";
  if (leaf_bytes(leaf.prefix_bytes(), leaf.count(), 0) > kPageContentBytes) {
    return "records are out of place";
  }
  std::size_t offset = leaf_bytes(leaf.prefix_bytes(), leaf.count(), 0);
  for (uint32_t slot = 0; slot < leaf.count(); ++slot) {
    if (leaf.record_offset(slot) != offset) return "records are out of place";
    Record record;
    const char* end = decode_record(leaf.page() + offset, leaf.content_end(), &record);
    if (end == nullptr) return "a record is not whole";
    const auto flags = static_cast<unsigned char>(leaf.page()[offset]);
    if (const char* problem = find_front_problem(flags, record.value.size()); problem != nullptr) {
      return problem;
    }
    offset = round_up4(static_cast<std::size_t>(end - leaf.page()));
  }
  return nullptr;
}

// How many of the heads are below the wanted one, and how many are not above it. Counting takes
// fewer cycles than a search, whose branches no processor can foresee.
LeafView::SlotRange equal_heads(const char* heads, uint32_t count, uint16_t wanted) {
  constexpr uint32_t kLanes = 8;
  using Lanes = uint16_t __attribute__((vector_size(kLanes * sizeof(uint16_t))));
  const Lanes wanted_lanes = wanted - Lanes{};
  Lanes below_lanes{};
  Lanes equal_lanes{};
  uint32_t at = 0;
  for (; at + kLanes <= count; at += kLanes) {
    const auto found = load<Lanes>(heads + 2 * at);
    // A comparison gives all ones, which is minus one, for true.
    below_lanes -= static_cast<Lanes>(found < wanted_lanes);
    equal_lanes -= static_cast<Lanes>(found == wanted_lanes);
  }
  uint32_t below = 0;
  uint32_t equal = 0;
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    below += below_lanes[lane];
    equal += equal_lanes[lane];
  }
  for (; at < count; ++at) {
    const auto found = load<uint16_t>(heads + 2 * at);
    below += found < wanted ? 1 : 0;
    equal += found == wanted ? 1 : 0;
  }
  return {below, below + equal};
}

}  // namespace

LeafView::SlotRange LeafView::slots_like(std::string_view key) const {
  const std::string_view common = prefix();
  const int order = key.substr(0, common.size()).compare(common);
  if (order < 0) return {0, 0};
  if (order > 0) return {count(), count()};
  return equal_heads(offsets() + 2 * count(), count(), order_prefix16(key.substr(common.size())));
}

uint32_t LeafView::lower_bound_in(SlotRange range, std::string_view key,
                                  SequenceNumber sequence) const {
  auto [low, high] = range;
  if (low == high) return low;
  const std::string_view suffix = key.substr(prefix_bytes());
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    const Record candidate = record(middle);
    if (entry_before(candidate.suffix, candidate.sequence, suffix, sequence)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

const char* find_page_problem(const char* page) {
  const LeafView leaf(page);
  if (!leaf.is_leaf()) {
    const bool continued = page[0] == static_cast<char>(PageKind::kContinued);
    return continued && leaf.span() > 0 ? nullptr : "is not a data page";
  }
  if (leaf.span() == 0) return "a leaf has no page";
  return leaf.wide() ? find_wide_problem(leaf) : find_narrow_problem(leaf);
}

const char* find_order_problem(const LeafView& leaf) {
  if (leaf.wide()) return nullptr;
  Record before;
  for (uint32_t slot = 0; slot < leaf.count(); ++slot) {
    const Record record = leaf.record(slot);
    if (leaf.head(slot) != order_prefix16(record.suffix)) return "a key head is wrong";
    if (slot > 0 && !entry_before(before.suffix, before.sequence, record.suffix, record.sequence)) {
      return "records are out of order";
    }
    before = record;
  }
  return nullptr;
}

bool WideRecord::append(const char* page, uint32_t index) {
  const LeafView leaf(page);
  if (index == 0) {
    if (!leaf.is_leaf()) return false;
    bytes_.append(page + kWideRecordOffset, kPageContentBytes - kWideRecordOffset);
    return true;
  }
  if (leaf.is_leaf() || leaf.span() != index) return false;
  bytes_.append(page + kContinuedHeaderBytes, kContinuedContentBytes);
  return true;
}

bool WideRecord::decode(Record* record) const {
  return decode_record(bytes_.data(), bytes_.data() + bytes_.size(), record) != nullptr;
}

std::size_t LeafWriter::record_bytes(const Staged& staged, std::size_t prefix_bytes) {
  const std::size_t suffix_bytes = staged.key_bytes - prefix_bytes;
  std::size_t bytes = 1 + varint_bytes(suffix_bytes) + varint_bytes(staged.value_bytes) +
                      suffix_bytes + staged.value_bytes;
  if ((staged.flags & record_flags::kSequence) != 0) bytes += varint_bytes(staged.sequence);
  if ((staged.flags & record_flags::kExpires) != 0) bytes += 8;
  return bytes;
}

char* LeafWriter::store_record(char* to, const Staged& staged, std::size_t prefix_bytes) const {
  *to++ = static_cast<char>(staged.flags);
  to = store_varint(to, staged.key_bytes - prefix_bytes);
  to = store_varint(to, staged.value_bytes);
  if ((staged.flags & record_flags::kSequence) != 0) to = store_varint(to, staged.sequence);
  if ((staged.flags & record_flags::kExpires) != 0) {
    store(to, staged.expires_at_ms);
    to += 8;
  }
  const std::size_t bytes = staged.key_bytes - prefix_bytes + staged.value_bytes;
  std::memcpy(to, bytes_.data() + staged.at + prefix_bytes, bytes);
  return to + bytes;
}

std::size_t LeafWriter::records_bytes(std::size_t prefix_bytes) const {
  std::size_t bytes = 0;
  for (const Staged& staged : staged_) bytes += round_up4(record_bytes(staged, prefix_bytes));
  return bytes;
}

bool LeafWriter::try_add(const EntryView& entry, uint64_t tag, bool tagged) {
  unsigned flags = static_cast<unsigned>(entry.kind);
  if (entry.sequence != 0) flags |= record_flags::kSequence;
  if (entry.expires_at_ms != 0) flags |= record_flags::kExpires;
  if (entry.value_is_pointer) flags |= record_flags::kPointer;
  const Staged staged{bytes_.size(),
                      entry.key.size(),
                      entry.value.size(),
                      flags,
                      entry.sequence,
                      entry.expires_at_ms,
                      tag,
                      tagged};
  if (staged_.empty()) {
    if (wide_span(record_bytes(staged, 0)) > kMaximumLeafSpan) return false;
    prefix_bytes_ = entry.key.size();
    records_bytes_ = round_up4(record_bytes(staged, prefix_bytes_));
  } else {
    // A page has no room for more records than a leaf may have, as each takes four bytes at least.
    static_assert(leaf_bytes(0, kMaximumLeafRecords + 1, 4 * (kMaximumLeafRecords + 1)) >
                  kPageContentBytes);
    const std::size_t prefix = common_prefix_bytes(first_key(), entry.key, prefix_bytes_);
    const std::size_t before = prefix == prefix_bytes_ ? records_bytes_ : records_bytes(prefix);
    const std::size_t records = before + round_up4(record_bytes(staged, prefix));
    if (leaf_bytes(prefix, staged_.size() + 1, records) > kPageContentBytes) return false;
    prefix_bytes_ = prefix;
    records_bytes_ = records;
  }
  bytes_.append(entry.key);
  bytes_.append(entry.value);
  staged_.push_back(staged);
  return true;
}

uint32_t LeafWriter::span() const {
  if (leaf_bytes(prefix_bytes_, staged_.size(), records_bytes_) <= kPageContentBytes) return 1;
  return static_cast<uint32_t>(wide_span(record_bytes(staged_.front(), 0)));
}

void LeafWriter::write(std::string* pages, std::vector<Placed>* placed) {
  ASHLAR_CHECK(!empty());
  const uint32_t pages_needed = span();
  pages->assign(pages_needed * kPageBytes, '\0');
  placed->clear();
  const bool narrow =
      leaf_bytes(prefix_bytes_, staged_.size(), records_bytes_) <= kPageContentBytes;
  if (narrow) {
    write_narrow(pages->data(), placed);
  } else {
    write_wide(pages->data(), pages_needed, placed);
  }
  bytes_.clear();
  staged_.clear();
}

void LeafWriter::write_narrow(char* page, std::vector<Placed>* placed) const {
  page[0] = static_cast<char>(PageKind::kLeaf);
  page[1] = 1;
  store(page + 2, static_cast<uint16_t>(staged_.size()));
  store(page + 4, static_cast<uint16_t>(prefix_bytes_));
  std::memcpy(page + kLeafHeaderBytes, first_key().data(), prefix_bytes_);
  char* offsets = page + leaf_bytes(prefix_bytes_, 0, 0);
  char* heads = offsets + 2 * staged_.size();
  std::size_t at = leaf_bytes(prefix_bytes_, staged_.size(), 0);
  for (const Staged& staged : staged_) {
    store(offsets, static_cast<uint16_t>(at));
    store(heads, order_prefix16(key(staged).substr(prefix_bytes_)));
    offsets += 2;
    heads += 2;
    if (staged.tagged) placed->push_back({at, staged.tag});
    const char* end = store_record(page + at, staged, prefix_bytes_);
    at = round_up4(static_cast<std::size_t>(end - page));
  }
  ASHLAR_CHECK(at <= round_up4(kPageContentBytes));
}

void LeafWriter::write_wide(char* pages, uint32_t span, std::vector<Placed>* placed) const {
  const Staged& staged = staged_.front();
  pages[0] = static_cast<char>(PageKind::kLeaf);
  pages[1] = static_cast<char>(span);
  store(pages + 2, uint16_t{1});
  store(pages + kLeafHeaderBytes, static_cast<uint16_t>(kWideRecordOffset));
  store(pages + kLeafHeaderBytes + 2, order_prefix16(key(staged)));
  if (staged.tagged) placed->push_back({kWideRecordOffset, staged.tag});

  std::string record(record_bytes(staged, 0), '\0');
  store_record(record.data(), staged, 0);
  std::size_t done = std::min(record.size(), kPageContentBytes - kWideRecordOffset);
  std::memcpy(pages + kWideRecordOffset, record.data(), done);
  for (uint32_t index = 1; index < span; ++index) {
    char* page = pages + index * kPageBytes;
    page[0] = static_cast<char>(PageKind::kContinued);
    page[1] = static_cast<char>(index);
    const std::size_t bytes = std::min(record.size() - done, kContinuedContentBytes);
    std::memcpy(page + kContinuedHeaderBytes, record.data() + done, bytes);
    done += bytes;
  }
  ASHLAR_CHECK(done == record.size());
}

}  // namespace ashlar
