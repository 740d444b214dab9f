// What repair and restore read of damaged files, from any bytes. The first byte says which: 't' a
// table, with the checksums of its pages made right ('T': as it is), 'c' a table as the input
// describes it (fuzz_table.h), damaged, 'l' a log segment, 'L' a log as the input describes it
// (fuzz_log.h), 'm' a manifest, 'b' the index of a backup ('B': behind a checksum that is right),
// 'f' the manifests of a folder, 'v' pointers into value files, 'a' whose log archive a folder is.
#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/checksum.h"
#include "base/coding.h"
#include "base/limits.h"
#include "base/memory_budget.h"
#include "care/backup_index.h"
#include "care/folder_survey.h"
#include "care/log_salvage.h"
#include "care/table_salvage.h"
#include "care/value_salvage.h"
#include "db/log_archive.h"
#include "fuzz.h"
#include "fuzz_disk.h"
#include "fuzz_log.h"
#include "fuzz_table.h"
#include "table/segment_test_support.h"
#include "table/table_format.h"
#include "table/value_file_builder.h"
#include "version/current_file.h"
#include "version/file_names.h"
#include "version/manifest.h"
#include "wal/log_format.h"

namespace ashlar {
namespace {

constexpr uint64_t kNumber = 34;
constexpr char kPath[] = "/db/000034.table";
constexpr std::size_t kMaximumBytes = 64 << 10;

// What comes out is in order, whatever went in.
std::vector<FuzzEntry> entries_of(const TableSalvage& table) {
  std::vector<FuzzEntry> found;
  const auto entries = table.new_iterator();
  if (!entries.ok()) return found;
  for ((*entries)->seek_first(); (*entries)->valid(); (*entries)->next()) {
    const EntryView& entry = (*entries)->entry();
    ASHLAR_CHECK(found.empty() ||
                 entry_before(found.back().key, found.back().sequence, entry.key, entry.sequence));
    found.push_back({std::string(entry.key), entry.sequence, entry.kind, entry.value_is_pointer,
                     entry.expires_at_ms, std::string(entry.value)});
  }
  ASHLAR_CHECK((*entries)->status().ok());
  if (!found.empty()) {
    // Not there only if a call fails now that went well before.
    (*entries)->seek(found.back().key, found.back().sequence);
    if ((*entries)->valid()) ASHLAR_CHECK((*entries)->entry().value == found.back().value);
  }
  (*entries)->seek_last();
  ASHLAR_CHECK(!(*entries)->valid() && (*entries)->status().is(StatusCode::kUnsupported));
  (*entries)->previous();
  return found;
}

void salvage_table(const std::string& file, bool with_counts) {
  const std::unique_ptr<SimEnv> disk = fuzz_disk({{kPath, file}});
  TableSummary summary;
  summary.entry_count = 100;
  summary.range_tombstone_count = 1;
  const auto table = TableSalvage::open(*disk, kPath, kNumber, with_counts ? &summary : nullptr);
  if (!table.ok()) return;
  ASHLAR_CHECK(entries_of(**table).size() == (*table)->entry_count());
}

std::string sealed(std::string_view bytes) {
  std::string file(bytes.substr(0, kMaximumBytes));
  file.resize(std::max<std::size_t>(file.size() / kPageBytes, 1) * kPageBytes);
  for (uint64_t page = 0; page * kPageBytes < file.size(); ++page) {
    seal_page(file.data() + page * kPageBytes, kNumber, page);
  }
  return file;
}

// Behind a first byte that says how: the header or the end cut off, the manifest's word or not, and
// whether damaged pages have checksums that are right all the same. Undamaged, everything comes
// back; damaged, nothing that was not written.
void salvage_described_table(std::string_view input) {
  ByteReader in(input);
  const unsigned how = in.fixed<uint8_t>();
  const FuzzTable described(&in);
  if (described.empty()) return;
  const std::vector<FuzzEntry> written = described.entries();
  MemoryBudget budget(std::size_t{64} << 20);
  const std::unique_ptr<SimEnv> disk = fuzz_disk();
  HugeBuffer image;
  const auto summary = described.build(*disk, kPath, kNumber, &budget, &image);
  ASHLAR_CHECK(summary.ok());
  const TableSummary* const known = how % 2 != 0 ? &*summary : nullptr;
  const auto sound = TableSalvage::open(*disk, kPath, kNumber, known);
  ASHLAR_CHECK(sound.ok() && (*sound)->lost().empty() && entries_of(**sound) == written);
  ASHLAR_CHECK(!(*sound)->range_tombstones_lost());
  ASHLAR_CHECK(!TableSalvage::open(*disk, kPath, kNumber + 1, known).ok());

  std::string file = *disk->contents(kPath);
  if (how / 2 % 2 != 0) file.replace(0, kPageBytes, kPageBytes, '\0');
  if (how / 4 % 4 == 1) file.resize(file.size() - kPageBytes);
  if (how / 4 % 4 == 2) file.resize(file.size() / 2);
  damage_pages(&in, &file);
  const bool forged = how / 16 % 2 != 0;
  if (forged) file = sealed(file);
  const std::unique_ptr<SimEnv> damaged = fuzz_disk({{kPath, file}});
  damaged->inject(fuzz_fault(input));
  const auto table = TableSalvage::open(*damaged, kPath, kNumber, known);
  if (!table.ok()) return;
  for (const FuzzEntry& entry : entries_of(**table)) {
    ASHLAR_CHECK(forged || std::find(written.begin(), written.end(), entry) != written.end());
  }
}

void salvage_described_log(std::string_view input) {
  const unsigned how = input.empty() ? 0 : static_cast<unsigned char>(input.front()) / 8;
  const std::unique_ptr<SimEnv> disk = fuzz_disk();
  if (!FuzzLog(*disk, input).write().ok()) return;  // a segment that is there already
  const std::unique_ptr<SimEnv> failing = disk->after_kill(1);
  failing->inject(fuzz_fault(input));
  for (SimEnv* const env : {disk.get(), failing.get()}) {
    for (const std::optional<uint64_t> from :
         {std::optional<uint64_t>(), std::optional<uint64_t>(FuzzLog::kStart + how / 4 * 2048)}) {
      std::optional<SequenceNumber> last;
      const auto log = salvage_log(*env, "/db", from, how % 4 * 4096, how % 2 * 2,
                                   [&](SequenceNumber sequence, std::string_view) {
                                     ASHLAR_CHECK(!last || sequence > *last);
                                     last = sequence;
                                     return Status();
                                   });
      if (log.ok() && last) ASHLAR_CHECK(log->last_sequence >= *last);
    }
  }
}

// Two manifests, CURRENT and some other files, as bits of the first byte say.
void survey(std::string_view input) {
  const unsigned how = input.empty() ? 0 : static_cast<unsigned char>(input.front());
  const std::string_view bytes = input.substr(std::min<std::size_t>(1, input.size()));
  std::vector<std::pair<std::string, std::string_view>> files;
  if (how / 2 % 2 != 0) files.push_back({"/db/MANIFEST-000007", bytes});
  if (how / 4 % 2 != 0) files.push_back({"/db/MANIFEST-000009", bytes.substr(bytes.size() / 2)});
  if (how / 8 % 2 != 0) files.push_back({"/db/000003.table", {}});
  if (how / 16 % 2 != 0) files.push_back({"/db/000004.log", {}});
  if (how / 32 % 2 != 0) files.push_back({"/db/000005.values", {}});
  const std::unique_ptr<SimEnv> disk = fuzz_disk(files);
  if (how % 2 != 0) ASHLAR_CHECK(write_current(*disk, "/db", how % 4 == 1 ? 8 : 7).ok());
  const auto edit = VersionEdit::decode(bytes);
  if (how / 64 % 2 != 0 && edit.ok()) {
    ASHLAR_CHECK(ManifestWriter::create(*disk, "/db", 8, *edit).ok());
  }
  for (const bool fails : {false, true}) {
    if (fails) disk->inject(fuzz_fault(input));
    const auto found = survey_folder(*disk, "/db");
    if (!found.ok()) continue;
    for (const uint64_t number : found->unnamed()) ASHLAR_CHECK(found->tables.contains(number));
    for (const uint64_t number : found->missing()) ASHLAR_CHECK(!found->tables.contains(number));
  }
}

// A value is found by its pointer, and by none that differs in the bits that `in` names.
void salvage_value(ValueSalvage& values, const std::string& key, const ValuePointer& pointer,
                   std::string_view wanted, ByteReader in) {
  const std::string path = "/db/" + file_name(FileType::kValues, pointer.file_number);
  const std::string right = pointer.encode();
  ValueSalvage::Place place;
  std::string value;
  ASHLAR_CHECK(values.read(key, right, &value, &place).ok() && value == wanted);
  ASHLAR_CHECK(place.file == path && place.offset == pointer.offset);
  std::string other = right;
  for (const std::string_view bytes = in.bytes(in.left()); const char byte : bytes) {
    const auto at = static_cast<unsigned char>(byte);
    other[at % other.size()] = static_cast<char>(other[at % other.size()] ^ (1 << at / 32));
    const Status read = values.read(key, other, &value, &place);
    ASHLAR_CHECK(read.ok() == (other == right));
  }
  ASHLAR_CHECK(!values.read(key, right.substr(1), &value, &place).ok());
  ASHLAR_CHECK(!values.read(key + 'x', right, &value, &place).ok());
}

// Of a file of records, and of a segment of the log.
void salvage_values(std::string_view input) {
  constexpr uint64_t kRecords = 35;
  constexpr uint64_t kSegment = 36;
  const std::unique_ptr<SimEnv> disk = fuzz_disk();
  MemoryBudget budget(std::size_t{64} << 20);
  ByteReader in(input);
  const std::string key = 'k' + std::string(in.bytes(in.left() / 4));
  const auto path = [](uint64_t number) { return "/db/" + file_name(FileType::kValues, number); };
  const auto builder = ValueFileBuilder::create(*disk, path(kRecords), kRecords, false, &budget);
  const ValuePointer in_records = (*builder)->add(key, input).value();
  ASHLAR_CHECK((*builder)->finish().ok());
  TestSegment segment(kSegment, 2 * input.size() / kLogBlockBytes + 1);
  const ValuePointer in_segment = segment.set(key, input, input.size() % 2);
  segment.end_commit();
  if (input.size() % 4 == 0) segment.pad_to_end();  // or the file ends with the value
  segment.write_to(*disk, path(kSegment));

  ValueSalvage values(*disk, "/db");
  for (const ValuePointer& pointer : {in_records, in_segment}) {
    salvage_value(values, key, pointer, input, in);
  }
  disk->inject(fuzz_fault(input));
  for (const ValuePointer& pointer : {in_records, in_segment}) {
    ValueSalvage::Place place;
    std::string value;
    (void)values.read(key, pointer.encode(), &value, &place);
    (void)ValueSalvage(*disk, "/db").read(key, pointer.encode(), &value, &place);
  }
}

void check_backup(const std::string& text) {
  const auto index = BackupIndex::decode(text);
  const std::unique_ptr<SimEnv> disk = fuzz_disk();
  ASHLAR_CHECK(disk->create_folder("/db/000003").ok());
  ASHLAR_CHECK(disk->create_folder("/db/3").ok());
  ASHLAR_CHECK(backup_numbers(*disk, "/db").value() == std::vector<uint64_t>{3});
  ASHLAR_CHECK(!backup_numbers(*disk, "/db/4").ok() && !read_backup_index(*disk, "/db", 3).ok());
  ASHLAR_CHECK(replace_file(*disk, "/db/000003/BACKUP", text).ok());
  const auto read = read_backup_index(*disk, "/db", 3);
  ASHLAR_CHECK(read.ok() == index.ok());
  if (!index.ok()) return;
  const auto again = BackupIndex::decode(index->encode());
  ASHLAR_CHECK(again.ok() && again->encode() == index->encode());
  const BackupInfo info = index->info(3);
  ASHLAR_CHECK(info.bytes == index->bytes() && info.files == index->files.size());
  for (const BackupFile& file : index->files) {
    ASHLAR_CHECK(stored_path("/db", 3, file).starts_with("/db/"));
  }
}

std::string sealed_backup(std::string_view lines) {
  const std::string text = "ashlar backup 1\n" + std::string(lines);
  char end[16];
  std::snprintf(end, sizeof(end), "end %08x\n", crc32c(text));
  return text + end;
}

// Whose the archive is, whatever its file says; and an archive that takes in a file.
void check_archive(std::string_view input) {
  const std::unique_ptr<SimEnv> disk = fuzz_disk({{"/db/ARCHIVE", input}, {"/db/000003.log", "x"}});
  const auto owner = read_archive_owner(*disk, "/db");
  LogArchive archive(*disk, "/db");
  if (owner.ok()) {
    ASHLAR_CHECK(archive.open(*owner).ok() && !archive.open(*owner + 1).ok());
  } else {
    ASHLAR_CHECK(owner.status().is(StatusCode::kCorruption) && !archive.open(1).ok());
  }
  LogArchive other(*disk, "/db/other/archive");
  ASHLAR_CHECK(other.open(7).ok() && other.open(7).ok());
  disk->inject(fuzz_fault(input));
  if (!other.add("/db/000003.log").ok()) (void)other.add("/db/000003.log");
  disk->clear_faults();
  ASHLAR_CHECK(other.add("/db/000003.log").ok());
  ASHLAR_CHECK(*disk->contents("/db/other/archive/000003.log") == "x");
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
    case 'c':
      salvage_described_table(bytes.substr(0, kMaximumBytes));
      break;
    case 'L':
      salvage_described_log(bytes.substr(0, kMaximumBytes));
      break;
    case 'f':
      survey(bytes);
      break;
    case 'v':
      salvage_values(bytes.substr(0, kMaximumBytes));
      break;
    case 'b':
      check_backup(std::string(bytes));
      break;
    case 'B':
      check_backup(sealed_backup(bytes));
      break;
    case 'a':
      check_archive(bytes);
      break;
    default:
      break;
  }
  return 0;
}
