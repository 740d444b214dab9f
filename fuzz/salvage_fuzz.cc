// What repair and restore read of damaged files, from any bytes. The first byte says which: 't' a
// table, with the checksums of its pages made right ('T': as it is), 'l' a log segment, 'm' a
// manifest, 'b' the index of a backup.
#include <algorithm>
#include <string>

#include "base/coding.h"
#include "base/limits.h"
#include "care/backup_index.h"
#include "care/log_salvage.h"
#include "care/table_salvage.h"
#include "fuzz.h"
#include "fuzz_disk.h"
#include "table/table_format.h"
#include "version/manifest.h"
#include "wal/log_format.h"

namespace ashlar {
namespace {

constexpr uint64_t kNumber = 34;
constexpr char kPath[] = "/db/000034.table";
constexpr std::size_t kMaximumBytes = 64 << 10;

// What comes out is in order, whatever went in.
void salvage_table(const std::string& file, bool with_counts) {
  const std::unique_ptr<SimEnv> disk = fuzz_disk({{kPath, file}});
  TableSummary summary;
  summary.entry_count = 100;
  summary.range_tombstone_count = 1;
  const auto table = TableSalvage::open(*disk, kPath, kNumber, with_counts ? &summary : nullptr);
  if (!table.ok()) return;
  const auto entries = (*table)->new_iterator();
  ASHLAR_CHECK(entries.ok());
  uint64_t count = 0;
  std::string key;
  SequenceNumber sequence = 0;
  for ((*entries)->seek_first(); (*entries)->valid(); (*entries)->next(), ++count) {
    const EntryView& entry = (*entries)->entry();
    ASHLAR_CHECK(count == 0 || entry_before(key, sequence, entry.key, entry.sequence));
    key = entry.key;
    sequence = entry.sequence;
  }
  ASHLAR_CHECK(count == (*table)->entry_count());
}

std::string sealed(std::string_view bytes) {
  std::string file(bytes.substr(0, kMaximumBytes));
  file.resize(std::max<std::size_t>(file.size() / kPageBytes, 1) * kPageBytes);
  for (uint64_t page = 0; page * kPageBytes < file.size(); ++page) {
    seal_page(file.data() + page * kPageBytes, kNumber, page);
  }
  return file;
}

void salvage_segment(std::string_view bytes) {
  const uint64_t capacity = std::max<uint64_t>(log_block_up(bytes.size()), kLogBlockBytes);
  const SegmentInfo info{
      .number = 3, .generation = 5, .start = 8192, .capacity = capacity, .first_sequence = 1};
  std::string segment(kLogBlockBytes, '\0');
  encode_segment_header({info, 1}, segment.data());
  segment += bytes;  // cut off where the input ends
  const std::unique_ptr<SimEnv> disk = fuzz_disk({{"/db/000003.log", segment}});
  for (const bool known : {true, false}) {
    SequenceNumber last = 0;
    const auto log = salvage_log(*disk, "/db", known ? std::optional<uint64_t>(8192) : std::nullopt,
                                 0, 0, [&](SequenceNumber sequence, std::string_view) {
                                   ASHLAR_CHECK(sequence > last);
                                   last = sequence;
                                   return Status();
                                 });
    ASHLAR_CHECK(log.ok());
  }
}

}  // namespace
}  // namespace ashlar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  if (size == 0) return 0;
  const std::string_view bytes = fuzz_input(data + 1, size - 1);
  switch (data[0]) {
    case 't':
      salvage_table(sealed(bytes), size % 2 == 0);
      break;
    case 'T':
      salvage_table(std::string(bytes.substr(0, kMaximumBytes)), size % 2 == 0);
      break;
    case 'l':
      salvage_segment(bytes.substr(0, kMaximumBytes));
      break;
    case 'm':
      salvage_manifest(
          bytes, 7, [](const VersionEdit&) {}, [](uint64_t) {});
      break;
    case 'b':
      if (const auto index = BackupIndex::decode(bytes); index.ok()) {
        ASHLAR_CHECK(BackupIndex::decode(index->encode()).ok());
      }
      break;
    default:
      break;
  }
  return 0;
}
