#include "table/table_description.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/coding.h"
#include "base/try.h"
#include "base/value_pointer.h"
#include "table/compression.h"
#include "table/leaf.h"
#include "table/maplet.h"
#include "table/segment_values.h"
#include "table/table_file.h"
#include "table/value_file.h"

namespace ashlar {
namespace {

using Line = std::function<void(std::string_view)>;

constexpr std::size_t kShownBytes = 48;

// Printable bytes as they are, others as \xNN, cut after kShownBytes.
std::string quoted(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char byte : bytes.substr(0, kShownBytes)) {
    const auto value = static_cast<unsigned char>(byte);
    if (value >= 0x20 && value < 0x7f && byte != '"' && byte != '\\') {
      out += byte;
    } else {
      out.append("\\x").append(1, kDigits[value >> 4]).append(1, kDigits[value & 15]);
    }
  }
  return out.append(bytes.size() > kShownBytes ? "\"..." : "\"");
}

std::string number(uint64_t value) {
  return std::to_string(value);
}

std::string described(std::string_view prefix, const Record& record) {
  std::string out = record.kind == EntryKind::kSet ? "set " : "delete ";
  out += quoted(std::string(prefix).append(record.suffix));
  out += " sequence " + number(record.sequence);
  if (record.expires_at_ms != 0) out += " expires at " + number(record.expires_at_ms);
  ValuePointer pointer;
  if (record.value_is_pointer && ValuePointer::decode(record.value, &pointer)) {
    return out + " value of " + number(pointer.length) + " bytes in file " +
           number(pointer.file_number) + " at " + number(pointer.offset);
  }
  if (record.kind == EntryKind::kSet) out += " value " + quoted(record.value);
  return out;
}

// Threads: one at a time.
class TableDescriber {
 public:
  TableDescriber(const TableFile& file, bool entries, const Line& line)
      : file_(file), header_(file.header()), entries_(entries), line_(line) {}

  Status run() {
    describe_header();
    describe_groups();
    describe_leaves();
    describe_fences();
    describe_maplet();
    describe_range_tombstones();
    return first_;
  }

 private:
  bool sound(Status status) {
    if (status.ok()) return true;
    line_("DAMAGED " + std::string(status.message()));
    if (first_.ok()) first_ = std::move(status);
    return false;
  }
  std::string place(std::string_view what, uint32_t page) const {
    return std::string(what) + " page " + number(page) + " offset " +
           number(file_.file_offset(page));
  }

  void describe_header();
  void describe_groups();
  void describe_leaves();
  void describe_data_page(uint32_t page, const char* bytes);
  void describe_fences();
  void describe_maplet();
  void describe_range_tombstones();

  const TableFile& file_;
  const TableHeader& header_;
  const bool entries_;
  const Line& line_;
  Status first_;
};

void TableDescriber::describe_header() {
  line_("table " + number(header_.file_number) + ", " + number(header_.file_bytes) + " bytes, " +
        number(header_.page_count) + " pages");
  line_("entries " + number(header_.entry_count) + ", deletions " +
        number(header_.tombstone_count) + ", range tombstones " +
        number(header_.range_tombstone_count) + ", sequences " + number(header_.smallest_sequence) +
        " to " + number(header_.largest_sequence));
  line_("data pages " + number(header_.data_page_count) + ", compression " +
        std::string(to_string(header_.compression)) + ", index at " + number(header_.index_offset) +
        ", table prefix " + quoted(header_.prefix));
}

void TableDescriber::describe_groups() {
  for (std::size_t i = 0; i < file_.groups().size(); ++i) {
    const TableFile::Group& group = file_.groups()[i];
    line_("group " + number(i) + " offset " + number(group.offset) + ", " +
          number(group.stored_bytes) + " bytes stored");
  }
}

void TableDescriber::describe_leaves() {
  const uint32_t step = header_.compressed() ? kPagesPerGroup : 1;
  std::array<char, kCompressedGroupBytes> bytes;
  for (uint32_t page = 1; page <= header_.data_page_count; page += step) {
    const uint32_t count = std::min(step, header_.first_index_page() - page);
    if (!sound(file_.load(page, count, bytes.data()))) continue;
    for (uint32_t i = 0; i < count; ++i) {
      describe_data_page(page + i, bytes.data() + i * kPageBytes);
    }
  }
}

void TableDescriber::describe_data_page(uint32_t page, const char* bytes) {
  const LeafView leaf(bytes);
  if (!leaf.is_leaf()) {
    line_(place("continued", page) + ", " + number(leaf.span()) + " behind its leaf's first");
    return;
  }
  if (leaf.wide()) {
    line_(place("wide leaf", page) + ", " + number(leaf.span()) + " pages");
    return;
  }
  line_(place("leaf", page) + ", " + number(leaf.count()) + " records, prefix " +
        quoted(leaf.prefix()));
  for (uint32_t slot = 0; entries_ && slot < leaf.count(); ++slot) {
    line_("  " + number(leaf.record_offset(slot)) + ": " +
          described(leaf.prefix(), leaf.record(slot)));
  }
}

void TableDescriber::describe_fences() {
  std::array<char, kPageBytes> bytes;
  const uint32_t pages = pages_for(header_.data_page_count, kFencesPerPage);
  for (uint32_t i = 0; i < pages; ++i) {
    if (!sound(file_.load(header_.fence_page + i, 1, bytes.data()))) continue;
    const uint32_t count = std::min(kFencesPerPage, header_.data_page_count - i * kFencesPerPage);
    line_(place("fences", header_.fence_page + i) + ", " + number(count));
    for (uint32_t fence = 0; entries_ && fence < count; ++fence) {
      const uint64_t value = __builtin_bswap64(load<uint64_t>(bytes.data() + 8 * fence));
      line_("  page " + number(i * kFencesPerPage + fence + 1) + ": " +
            quoted({reinterpret_cast<const char*>(&value), sizeof(value)}));
    }
  }
}

void TableDescriber::describe_maplet() {
  std::array<char, kPageBytes> bytes;
  const uint32_t pages = pages_for(header_.bucket_count, kBucketsPerPage);
  for (uint32_t i = 0; i < pages; ++i) {
    if (!sound(file_.load(header_.maplet_page + i, 1, bytes.data()))) continue;
    const uint32_t count = std::min(kBucketsPerPage, header_.bucket_count - i * kBucketsPerPage);
    unsigned keys = 0;
    unsigned overflowing = 0;
    for (uint32_t bucket = 0; bucket < count; ++bucket) {
      const char* at = bytes.data() + bucket * kBucketBytes;
      keys +=
          kSlotsPerBucket - static_cast<unsigned>(__builtin_popcount(bucket_matches_scalar(at, 0)));
      overflowing += bucket_overflows(at);
    }
    line_(place("maplet", header_.maplet_page + i) + ", " + number(count) + " buckets, " +
          number(keys) + " keys, " + number(overflowing) + " overflowing");
  }
}

void TableDescriber::describe_range_tombstones() {
  const Result<std::vector<RangeTombstone>> tombstones = file_.load_range_tombstones();
  if (!sound(tombstones.status()) || tombstones->empty()) return;
  line_(place("range tombstones", header_.range_tombstone_page));
  for (const RangeTombstone& tombstone : *tombstones) {
    line_("  delete " + quoted(tombstone.from) + " to " +
          (tombstone.to.empty() ? "the end" : quoted(tombstone.to)) + " sequence " +
          number(tombstone.sequence));
  }
}

// A segment of the log that has become a value file.
Status describe_segment(const File& file, std::string_view block, uint64_t bytes,
                        const Line& line) {
  const auto header = decode_segment_header(block.substr(0, kSegmentHeaderBytes));
  if (!header.ok()) {
    return Status(header.status().code(),
                  file.path() + ": " + std::string(header.status().message()));
  }
  const SegmentInfo& info = header->info;
  if (bytes != kLogBlockBytes + info.capacity) {
    return damaged(file.path(), bytes,
                   "the file should have " + number(kLogBlockBytes + info.capacity) + " bytes");
  }
  line("segment " + number(info.number) + " of the log, " + number(bytes) +
       " bytes, from position " + number(info.start));
  std::string whole(bytes, 0);
  ASHLAR_TRY(file.read(0, whole.data(), whole.size()));
  return walk_segment(whole, info, file.path(), [&](uint64_t offset, const Operation& set) {
    line("record offset " + number(offset) + ", key " + quoted(set.key) + ", value of " +
         number(set.value.size()) + " bytes");
  });
}

}  // namespace

Status describe_table(Env& env, const std::string& path, bool entries, const Line& line) {
  ASHLAR_TRY_ASSIGN(const std::unique_ptr<TableFile> file, TableFile::open(env, path, nullptr));
  return TableDescriber(*file, entries, line).run();
}

Status describe_value_file(Env& env, const std::string& path, const Line& line) {
  ASHLAR_TRY_ASSIGN(const std::unique_ptr<File> file,
                    env.open_file(path, {.mode = OpenMode::kRead}));
  ASHLAR_TRY_ASSIGN(const uint64_t bytes, file->size());
  std::array<char, kPageBytes> page;
  ASHLAR_TRY(file->read(0, page.data(), page.size()));
  if (load<uint32_t>(page.data() + 4) == kSegmentMagic) {
    return describe_segment(*file, {page.data(), page.size()}, bytes, line);
  }
  ASHLAR_TRY_ASSIGN(const ValueFileHeader header, decode_value_file_header(page.data(), path));
  if (header.file_bytes != bytes) {
    return damaged(path, bytes, "the file should have " + number(header.file_bytes) + " bytes");
  }
  line("value file " + number(header.file_number) + ", " + number(header.file_bytes) + " bytes, " +
       number(header.record_count) + " records");
  ValueRecordIterator records(*file, header);
  for (records.seek_first(); records.valid(); records.next()) {
    line("record offset " + number(records.pointer().offset) + ", key " + quoted(records.key()) +
         ", value of " + number(records.pointer().length) + " bytes");
  }
  return records.status();
}

}  // namespace ashlar
