#include "table/table_summary.h"

#include <algorithm>

#include "base/value_pointer.h"

namespace ashlar {
namespace {

void add_reference(std::vector<ValueReference>* references, const ValuePointer& pointer) {
  const auto at = std::lower_bound(
      references->begin(), references->end(), pointer.file_number,
      [](const ValueReference& reference, uint64_t n) { return reference.file_number < n; });
  if (at != references->end() && at->file_number == pointer.file_number) {
    at->bytes += pointer.length;
  } else {
    references->insert(at, {pointer.file_number, pointer.length});
  }
}

}  // namespace

void TableSummarizer::cover_sequence(SequenceNumber sequence) {
  const SequenceNumber smallest = empty() ? sequence : summary_.smallest_sequence;
  summary_.smallest_sequence = std::min(smallest, sequence);
  summary_.largest_sequence = std::max(summary_.largest_sequence, sequence);
}

void TableSummarizer::add(const EntryView& entry) {
  cover_sequence(entry.sequence);
  if (summary_.entry_count == 0) first_key_ = entry.key;
  last_key_ = entry.key;
  ++summary_.entry_count;
  if (entry.expires_at_ms != 0) {
    summary_.earliest_expiry_ms = summary_.expiring_count++ == 0
                                      ? entry.expires_at_ms
                                      : std::min(summary_.earliest_expiry_ms, entry.expires_at_ms);
    summary_.latest_expiry_ms = std::max(summary_.latest_expiry_ms, entry.expires_at_ms);
  }
  if (entry.kind == EntryKind::kDelete) {
    ++summary_.tombstone_count;
    return;
  }
  uint64_t value_bytes = entry.value.size();
  ValuePointer pointer;
  if (entry.value_is_pointer && ValuePointer::decode(entry.value, &pointer)) {
    value_bytes = pointer.length;
    add_reference(&summary_.value_references, pointer);
  }
  summary_.user_bytes += entry.key.size() + value_bytes;
}

void TableSummarizer::add(const RangeTombstone& tombstone) {
  cover_sequence(tombstone.sequence);
  const bool first = summary_.range_tombstone_count++ == 0;
  const std::string& end = tombstone.to.empty() ? tombstone.from : tombstone.to;
  if (first || tombstone.from < summary_.smallest_key) summary_.smallest_key = tombstone.from;
  if (first || end > summary_.largest_key) summary_.largest_key = end;
  summary_.unbounded |= tombstone.to.empty();
}

TableSummary TableSummarizer::summary() const {
  TableSummary summary = summary_;
  if (summary.entry_count == 0) return summary;
  const bool alone = summary.range_tombstone_count == 0;
  if (alone || first_key_ < summary.smallest_key) summary.smallest_key = first_key_;
  if (alone || last_key_ > summary.largest_key) summary.largest_key = last_key_;
  return summary;
}

}  // namespace ashlar
