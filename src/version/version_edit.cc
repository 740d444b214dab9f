#include "version/version_edit.h"

#include "base/coding.h"
#include "base/limits.h"
#include "base/try.h"

namespace ashlar {
namespace {

enum class Tag : unsigned char {
  kDatabaseId = 1,
  kNextFileNumber = 2,
  kLastSequence = 3,
  kLogStart = 4,
  kLogSynced = 5,
  kRemovedPartition = 6,
  kAddedPartition = 7,
  kRemovedTable = 8,
  kAddedTable = 9,
  kRemovedValueFile = 10,
  kAddedValueFile = 11,
  kAddedSegment = 12,  // of the log, as a value file
};

void append_tagged(std::string* out, Tag tag, uint64_t value) {
  append_varint(out, static_cast<uint64_t>(tag));
  append_varint(out, value);
}

void append_if(std::string* out, Tag tag, const std::optional<uint64_t>& value) {
  if (value) append_tagged(out, tag, *value);
}

void append_table(std::string* out, const TablePlacement& placement) {
  const TableSummary& table = placement.table;
  append_tagged(out, Tag::kAddedTable, static_cast<uint64_t>(placement.tier));
  for (const uint64_t field :
       {placement.owner, table.file_number, table.file_bytes, table.entry_count,
        table.tombstone_count, table.range_tombstone_count, table.expiring_count,
        table.earliest_expiry_ms, table.latest_expiry_ms, table.user_bytes, table.smallest_sequence, table.largest_sequence,
        uint64_t{table.file_checksum}, uint64_t{table.unbounded}}) {
    append_varint(out, field);
  }
  append_prefixed(out, table.smallest_key);
  append_prefixed(out, table.largest_key);
  append_varint(out, table.value_references.size());
  for (const ValueReference& reference : table.value_references) {
    append_varint(out, reference.file_number);
    append_varint(out, reference.bytes);
  }
}

Status read_table(ByteReader* in, VersionEdit* edit) {
  TablePlacement placement;
  TableSummary& table = placement.table;
  const uint64_t tier = in->varint();
  if (tier < 1 || tier > 3) return Status::corruption("table of an unknown tier");
  placement.tier = static_cast<Tier>(tier);
  for (uint64_t* field :
       {&placement.owner, &table.file_number, &table.file_bytes, &table.entry_count,
        &table.tombstone_count, &table.range_tombstone_count, &table.expiring_count,
        &table.earliest_expiry_ms, &table.latest_expiry_ms, &table.user_bytes, &table.smallest_sequence,
        &table.largest_sequence}) {
    *field = in->varint();
  }
  table.file_checksum = static_cast<uint32_t>(in->varint());
  table.unbounded = in->varint() != 0;
  table.smallest_key = in->prefixed();
  table.largest_key = in->prefixed();
  const uint64_t references = in->varint();
  for (uint64_t i = 0; i < references && in->ok(); ++i) {
    const uint64_t number = in->varint();
    table.value_references.push_back({number, in->varint()});
  }
  edit->added_tables.push_back(std::move(placement));
  return {};
}

void append_value_file(std::string* out, const ValueFileSummary& file) {
  const bool segment = file.kind == ValueFileKind::kSegment;
  append_tagged(out, segment ? Tag::kAddedSegment : Tag::kAddedValueFile, file.file_number);
  for (const uint64_t field :
       {file.file_bytes, file.record_count, file.value_bytes, uint64_t{file.file_checksum}}) {
    append_varint(out, field);
  }
  if (segment) append_varint(out, uint64_t{file.in_key_order});
}

void read_value_file(ValueFileKind kind, ByteReader* in, VersionEdit* edit) {
  ValueFileSummary file;
  file.kind = kind;
  for (uint64_t* field :
       {&file.file_number, &file.file_bytes, &file.record_count, &file.value_bytes}) {
    *field = in->varint();
  }
  file.file_checksum = static_cast<uint32_t>(in->varint());
  if (kind == ValueFileKind::kSegment) file.in_key_order = in->varint() != 0;
  edit->added_value_files.push_back(file);
}

Status read_field(uint64_t tag, ByteReader* in, VersionEdit* edit) {
  switch (static_cast<Tag>(tag)) {
    case Tag::kDatabaseId:
      edit->database_id = in->varint();
      return {};
    case Tag::kNextFileNumber:
      edit->next_file_number = in->varint();
      return {};
    case Tag::kLastSequence:
      edit->last_sequence = in->varint();
      return {};
    case Tag::kLogStart:
      edit->log_start = in->varint();
      return {};
    case Tag::kLogSynced:
      edit->log_synced = in->varint();
      return {};
    case Tag::kRemovedPartition:
      edit->removed_partitions.push_back(in->varint());
      return {};
    case Tag::kAddedPartition: {
      const uint64_t number = in->varint();
      edit->added_partitions.push_back({number, std::string(in->prefixed())});
      return {};
    }
    case Tag::kRemovedTable:
      edit->removed_tables.push_back(in->varint());
      return {};
    case Tag::kAddedTable:
      return read_table(in, edit);
    case Tag::kRemovedValueFile:
      edit->removed_value_files.push_back(in->varint());
      return {};
    case Tag::kAddedValueFile:
      read_value_file(ValueFileKind::kRecords, in, edit);
      return {};
    case Tag::kAddedSegment:
      read_value_file(ValueFileKind::kSegment, in, edit);
      return {};
  }
  return Status::unsupported("manifest field " + std::to_string(tag) +
                             " is unknown: the database was written by a newer version");
}

}  // namespace

std::string VersionEdit::encode() const {
  std::string out;
  append_if(&out, Tag::kDatabaseId, database_id);
  append_if(&out, Tag::kNextFileNumber, next_file_number);
  append_if(&out, Tag::kLastSequence, last_sequence);
  append_if(&out, Tag::kLogStart, log_start);
  append_if(&out, Tag::kLogSynced, log_synced);
  for (const uint64_t number : removed_partitions) {
    append_tagged(&out, Tag::kRemovedPartition, number);
  }
  for (const PartitionStart& partition : added_partitions) {
    append_tagged(&out, Tag::kAddedPartition, partition.number);
    append_prefixed(&out, partition.lower);
  }
  for (const uint64_t number : removed_tables) append_tagged(&out, Tag::kRemovedTable, number);
  for (const TablePlacement& placement : added_tables) append_table(&out, placement);
  for (const uint64_t number : removed_value_files) {
    append_tagged(&out, Tag::kRemovedValueFile, number);
  }
  for (const ValueFileSummary& file : added_value_files) append_value_file(&out, file);
  return out;
}

Result<VersionEdit> VersionEdit::decode(std::string_view bytes) {
  VersionEdit edit;
  ByteReader in(bytes);
  while (in.ok() && in.left() > 0) {
    const uint64_t tag = in.varint();
    if (!in.ok()) break;
    ASHLAR_TRY(read_field(tag, &in, &edit));
  }
  if (!in.ok()) return Status::corruption("edit is cut off");
  return edit;
}

}  // namespace ashlar
