// A value file from any bytes: as they are, and with every checksum made right. Whatever is
// accepted can be read without harm. Behind a 'c', a file written with the keys and values that the
// input describes: it reads as it was written, by pointers that are right and by others; damaged,
// it reads as it was written or with an error; and with a call that fails. Behind an 's', the same
// of a segment of the log with the operations that the input describes; behind an 'S', a segment of
// any bytes.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/checksum.h"
#include "base/coding.h"
#include "base/memory_budget.h"
#include "fuzz.h"
#include "fuzz_disk.h"
#include "fuzz_table.h"
#include "table/segment_test_support.h"
#include "table/segment_values.h"
#include "table/table_description.h"
#include "table/table_format.h"
#include "table/value_file.h"
#include "table/value_file_builder.h"

namespace ashlar {
namespace {

constexpr uint64_t kNumber = 35;
constexpr char kPath[] = "/db/000035.values";
constexpr std::size_t kMaximumBytes = 64 << 10;
constexpr uint64_t kMostBlocks = 4;  // of a segment that is described

void seal(std::string* file) {
  file->resize(std::max(file->size(), 2 * kPageBytes));
  store<uint32_t>(file->data(), kValueFileMagic);
  store<uint32_t>(file->data() + 4, kValueFileVersion);
  store<uint64_t>(file->data() + 8, kNumber);
  store<uint64_t>(file->data() + 16, file->size());
  seal_page(file->data(), kNumber, 0);
  for (uint64_t at = kPageBytes; at + kValueRecordHeaderBytes <= file->size();) {
    const uint64_t bytes = uint64_t{kValueRecordHeaderBytes} +
                           load<uint32_t>(file->data() + at + 4) +
                           load<uint32_t>(file->data() + at + 8);
    if (at + bytes > file->size()) return;
    const std::string_view covered = std::string_view(*file).substr(at + 4, bytes - 4);
    store(file->data() + at, crc32c(covered, checksum_seed(kNumber, at)));
    at += (bytes + kValueRecordAlignment - 1) / kValueRecordAlignment * kValueRecordAlignment;
  }
}

// Everything that can be done with a value file.
void use(ValueFile& values) {
  const std::unique_ptr<ValueRecordIterator> record = values.new_iterator();
  std::string value;
  for (record->seek_first(); record->valid(); record->next()) {
    // Once it is in memory as a whole, its records have been checked.
    const Status status = values.read(record->pointer(), record->key(), &value);
    if (status.ok()) ASHLAR_CHECK(value == record->value());
    const std::string other_key = std::string(record->key()) + 'x';
    ASHLAR_CHECK(!values.read(record->pointer(), other_key, &value).ok());
    const auto view = values.view(record->pointer(), record->key());
    if (view.ok()) ASHLAR_CHECK(*view == record->value());
  }
  (void)values.verify([](const std::string&) {});
  (void)values.make_resident();
}

// The checksum and the length of all values, so that verification goes on behind them.
void complete(std::string_view file, ValueFileSummary* summary) {
  const uint32_t records = crc32c(file.substr(kPageBytes));
  summary->file_checksum = crc32c(file.substr(0, kPageContentBytes), records);
}

void read(const std::string& file) {
  const std::unique_ptr<SimEnv> disk = fuzz_disk({{kPath, file}});
  (void)describe_value_file(*disk, kPath, [](std::string_view) {});
  if (file.size() < kPageBytes) return;
  const auto header = decode_value_file_header(file.data(), kPath);
  if (!header.ok()) return;
  ValueFileSummary summary;
  summary.file_number = header->file_number;
  summary.file_bytes = header->file_bytes;
  summary.record_count = header->record_count;
  complete(file, &summary);

  MemoryBudget budget(std::size_t{64} << 20);
  const auto values = ValueFile::open(*disk, kPath, summary, &budget);
  if (!values.ok()) return;
  use(**values);
  use(**values);
}

struct Written {
  std::string key;
  std::string value;
  ValuePointer pointer;
};

std::vector<Written> described(ByteReader* in) {
  constexpr unsigned kMostRecords = 12;
  std::vector<Written> records;
  for (unsigned left = in->fixed<uint8_t>() % kMostRecords; left > 0; --left) {
    const std::size_t how = in->fixed<uint8_t>();
    Written record;
    record.key = in->bytes(std::min(how % 16, in->left()));
    record.value.assign(how / 16 * in->fixed<uint8_t>(), 'v');
    records.push_back(std::move(record));
  }
  return records;
}

// Each value by its pointer, and by one that is wrong in one of its parts.
void check_reads(const ValueFile& values, const std::vector<Written>& records) {
  std::string value;
  for (const Written& record : records) {
    ASHLAR_CHECK(values.read(record.pointer, record.key, &value).ok() && value == record.value);
    for (int part = 0; part < 4; ++part) {
      ValuePointer wrong = record.pointer;
      if (part == 0) ++wrong.file_number;
      if (part == 1) wrong.offset += kValueRecordAlignment;
      if (part == 2) ++wrong.length;
      if (part == 3) ++wrong.checksum;
      ASHLAR_CHECK(!values.read(wrong, record.key, &value).ok());
    }
  }
}

void check_sound(SimEnv& env, const ValueFileSummary& summary, HugeBuffer image,
                 const std::vector<Written>& records) {
  MemoryBudget budget(std::size_t{64} << 20);
  const auto values = ValueFile::open(env, kPath, summary, &budget, std::move(image));
  ASHLAR_CHECK(values.ok());
  for (int round = 0; round < 2; ++round) {
    check_reads(**values, records);
    const std::unique_ptr<ValueRecordIterator> record = (*values)->new_iterator();
    record->seek_first();
    for (const Written& wanted : records) {
      ASHLAR_CHECK(record->valid() && record->key() == wanted.key);
      ASHLAR_CHECK(record->value() == wanted.value && record->pointer() == wanted.pointer);
      record->next();
    }
    ASHLAR_CHECK(!record->valid() && record->status().ok() && (*values)->verify({}).ok());
    ASHLAR_CHECK((*values)->make_resident().ok());
  }
  ASHLAR_CHECK((*values)->image().release() != nullptr);
  ASHLAR_CHECK(describe_value_file(env, kPath, [](std::string_view) {}).ok());
}

void check_described(std::string_view input) {
  ByteReader in(input);
  const bool keep_image = in.fixed<uint8_t>() % 2 != 0;
  std::vector<Written> records = described(&in);
  MemoryBudget budget(std::size_t{64} << 20);
  const std::unique_ptr<SimEnv> disk = fuzz_disk();
  const auto builder = ValueFileBuilder::create(*disk, kPath, kNumber, keep_image, &budget);
  ASHLAR_CHECK(builder.ok());
  for (Written& record : records) {
    record.pointer = (*builder)->add(record.key, record.value).value();
  }
  const auto summary = (*builder)->finish();
  ASHLAR_CHECK(summary.ok());
  check_sound(*disk, *summary, (*builder)->take_image(), records);
  for (uint64_t ValueFileSummary::*const part :
       {&ValueFileSummary::file_number, &ValueFileSummary::file_bytes,
        &ValueFileSummary::record_count, &ValueFileSummary::value_bytes}) {
    ValueFileSummary other = *summary;
    ++(other.*part);
    const auto values = ValueFile::open(*disk, kPath, other, &budget);
    ASHLAR_CHECK(!values.ok() || !(*values)->verify({}).ok());
  }

  disk->inject(fuzz_fault(input));
  const auto failing = ValueFile::open(*disk, kPath, *summary, &budget);
  if (failing.ok()) use(**failing);
  (void)describe_value_file(*disk, kPath, [](std::string_view) {});

  std::string file = *disk->contents(kPath);
  if (!damage_pages(&in, &file)) return;
  const std::unique_ptr<SimEnv> damaged = fuzz_disk({{kPath, file}});
  const auto values = ValueFile::open(*damaged, kPath, *summary, &budget);
  if (values.ok()) {
    std::string value;
    for (const Written& record : records) {
      const Status found = (*values)->read(record.pointer, record.key, &value);
      if (found.ok()) ASHLAR_CHECK(value == record.value);
    }
    const std::unique_ptr<ValueRecordIterator> record = (*values)->new_iterator();
    record->seek_first();
    for (std::size_t i = 0; record->valid(); record->next(), ++i) {
      ASHLAR_CHECK(i < records.size() && record->key() == records[i].key);
      ASHLAR_CHECK(record->value() == records[i].value);
    }
    use(**values);
  }
  read(file);
  seal(&file);
  read(file);
  store<uint32_t>(file.data() + 4, kValueFileVersion + 1);
  seal_page(file.data(), kNumber, 0);
  const auto newer = decode_value_file_header(file.data(), kPath);
  ASHLAR_CHECK(newer.status().is(StatusCode::kUnsupported));
}

// Makes the checksums of the header, of all frames and of their operations right, as far as there
// are any. The fields that tell how long the file is are made right, too.
void seal_segment(std::string* file) {
  file->resize(std::max<uint64_t>(log_block_up(file->size()), 2 * kLogBlockBytes));
  SegmentInfo info{.number = kNumber,
                   .generation = 5,
                   .start = 2 * kLogBlockBytes,
                   .capacity = file->size() - kLogBlockBytes,
                   .first_sequence = 1};
  encode_segment_header({info, 1}, file->data());
  for (uint64_t at = kLogBlockBytes; at < file->size();) {
    const auto header = decode_frame_header(std::string_view(*file).substr(at));
    if (!header || header->length > file->size() - at) return;
    const uint64_t end = at + header->length;
    uint32_t digest = 0;
    uint64_t next = header->kind == FrameKind::kCommit ? at + kFrameHeaderBytes : end;
    while (next < end) {
      const auto operation = std::string_view(*file).substr(next, end - next);
      std::size_t bytes = 0;
      if (!decode_operation(operation, &bytes, false).ok()) break;
      char* const checksum = file->data() + next + bytes - sizeof(uint32_t);
      store<uint32_t>(checksum, crc32c(operation.substr(0, bytes - sizeof(uint32_t))));
      digest = crc32c({checksum, sizeof(uint32_t)}, digest);
      next += bytes;
    }
    encode_frame_header(*header, digest, info.generation, info.start + (at - kLogBlockBytes),
                        file->data() + at);
    at = end;
  }
}

// Everything that can be done with a segment. `records` are its values, if it is one.
void use_segment(ValueFile& values, const std::vector<Written>& records) {
  std::string value;
  for (const Written& record : records) {
    const Status status = values.read(record.pointer, record.key, &value);
    if (status.ok()) ASHLAR_CHECK(value == record.value);
    ASHLAR_CHECK(!values.read(record.pointer, record.key + 'x', &value).ok());
    const auto view = values.view(record.pointer, record.key);
    if (view.ok()) ASHLAR_CHECK(*view == record.value);
  }
  (void)values.verify([](const std::string&) {});
  (void)values.make_resident();
}

// What a walk finds can be read; and if the walk comes to the end, there is nothing wrong.
void read_segment(const std::string& file) {
  const std::unique_ptr<SimEnv> disk = fuzz_disk({{kPath, file}});
  const Status described = describe_value_file(*disk, kPath, [](std::string_view) {});
  if (file.size() < kLogBlockBytes) return;
  const auto header =
      decode_segment_header(std::string_view(file).substr(0, kSegmentHeaderBytes));
  if (!header.ok() || kLogBlockBytes + header->info.capacity != file.size()) {
    // Or it is a file of records.
    ASHLAR_CHECK(!described.ok() || load<uint32_t>(file.data() + 4) != kSegmentMagic);
    return;
  }
  ValueFileSummary summary;
  summary.kind = ValueFileKind::kSegment;
  summary.file_number = header->info.number;
  summary.file_bytes = file.size();
  summary.file_checksum = segment_identity(file.data());
  std::vector<Written> records;
  const Status walked = walk_segment(
      file, header->info, kPath, [&](uint64_t offset, const Operation& operation) {
        records.push_back({std::string(operation.key), std::string(operation.value),
                           ValuePointer{header->info.number, offset,
                                        static_cast<uint32_t>(operation.value.size()),
                                        operation.checksum}});
        ++summary.record_count;
        summary.value_bytes += operation.value.size();
      });
  ASHLAR_CHECK(walked.ok() == described.ok());

  MemoryBudget budget(std::size_t{64} << 20);
  const auto values = ValueFile::open(*disk, kPath, summary, &budget);
  ASHLAR_CHECK(values.ok() && (*values)->verify({}).ok() == walked.ok());
  std::string value;
  for (const Written& record : records) {
    ASHLAR_CHECK((*values)->read(record.pointer, record.key, &value).ok());
  }
  use_segment(**values, records);
  ASHLAR_CHECK((*values)->resident() == walked.ok());
  use_segment(**values, records);
}

// Operations that fit are put together in commits, with padding between them; the end is padded.
void describe_operations(ByteReader* in, TestSegment* segment) {
  constexpr int kMostOperations = 24;
  const auto end_commit = [&](bool pad) {
    segment->end_commit();
    const uint64_t padded = padded_log_end(segment->position());
    if (pad && padded <= segment->info().end()) segment->pad_to(padded);
  };
  bool begun = false;
  for (int left = in->fixed<uint8_t>() % kMostOperations; left > 0 && in->left() > 0; --left) {
    const unsigned how = in->fixed<uint8_t>();
    const std::size_t bytes = std::size_t{in->fixed<uint8_t>()} * 20;
    Operation operation;
    operation.kind = static_cast<EntryKind>(how % 8 < 6 ? 1 : how % 8 - 4);
    operation.value_is_pointer = how % 8 == 5;
    if (how / 8 % 2 != 0) operation.expires_at_ms = 1'000'000 + how;
    const std::string_view more = in->bytes(std::min<std::size_t>(how / 64, in->left()));
    const std::string key = "k" + std::string(more);
    operation.key = key;
    std::string value(bytes, 'v');
    // The one that ends with the segment.
    const uint64_t left_bytes = segment->info().end() - segment->position();
    const std::size_t front = kFrameHeaderBytes + encoded_operation_bytes(operation) + 1;
    const bool last = how % 8 == 4 && !begun && left_bytes > front + kLargeValueBytes;
    if (last) value.assign(left_bytes - front, 'v');
    operation.value = value;
    if (!segment->fits(operation)) continue;
    segment->add(operation);
    begun = true;
    if (how / 16 % 2 == 0 && !last) continue;
    end_commit(how / 32 % 2 != 0);
    begun = false;
  }
  if (begun) end_commit(false);
  segment->pad_to_end();
}

// By its pointer, and by those that are wrong in one part.
void check_segment_reads(const ValueFile& values, const Written& record) {
  std::string value;
  ASHLAR_CHECK(values.read(record.pointer, record.key, &value).ok() && value == record.value);
  for (int part = 0; part < 4; ++part) {
    ValuePointer wrong = record.pointer;
    if (part == 0) ++wrong.file_number;
    if (part == 1) ++wrong.length;
    if (part == 2) wrong.offset += 1;
    if (part == 3) ++wrong.checksum;
    // Nobody looks at the checksum of what is in memory; the others have to fit the operation.
    const bool ok = values.read(wrong, record.key, &value).ok();
    ASHLAR_CHECK(ok == (part == 3 && values.resident()));
  }
}

void check_described_segment(std::string_view input) {
  ByteReader in(input);
  const unsigned how = in.fixed<uint8_t>();
  TestSegment segment(kNumber, 1 + how % kMostBlocks);
  describe_operations(&in, &segment);
  std::vector<Written> records;
  for (const SegmentValue& value : segment.values()) {
    records.push_back({value.key, value.value, value.pointer});
  }
  const ValueFileSummary summary = segment.summary();
  MemoryBudget budget(std::size_t{64} << 20);
  const std::unique_ptr<SimEnv> disk = fuzz_disk({{kPath, segment.bytes()}});
  for (const bool with_image : {false, true}) {
    HugeBuffer image;
    if (with_image) {
      image = HugeBuffer::allocate(summary.file_bytes, MemoryUse::kTable, &budget).value();
      std::copy(segment.bytes().begin(), segment.bytes().end(), image.data());
    }
    const auto values = ValueFile::open(*disk, kPath, summary, &budget, std::move(image));
    ASHLAR_CHECK(values.ok() && (*values)->resident() == with_image);
    for (int round = 0; round < 2; ++round) {
      for (const Written& record : records) check_segment_reads(**values, record);
      ASHLAR_CHECK((*values)->verify({}).ok() && (*values)->make_resident().ok());
    }
  }
  read_segment(segment.bytes());
  for (uint64_t ValueFileSummary::*const part :
       {&ValueFileSummary::file_number, &ValueFileSummary::file_bytes,
        &ValueFileSummary::record_count, &ValueFileSummary::value_bytes}) {
    ValueFileSummary other = summary;
    ++(other.*part);
    const auto values = ValueFile::open(*disk, kPath, other, &budget);
    ASHLAR_CHECK(!values.ok() || !(*values)->verify({}).ok());
  }

  disk->inject(fuzz_fault(input));
  const auto failing = ValueFile::open(*disk, kPath, summary, &budget);
  if (failing.ok()) use_segment(**failing, records);
  (void)describe_value_file(*disk, kPath, [](std::string_view) {});

  std::string file = segment.bytes();
  if (!damage_pages(&in, &file)) return;
  const std::unique_ptr<SimEnv> damaged = fuzz_disk({{kPath, file}});
  const auto values = ValueFile::open(*damaged, kPath, summary, &budget);
  if (values.ok()) {
    use_segment(**values, records);
    use_segment(**values, records);
  }
  read_segment(file);
  seal_segment(&file);
  read_segment(file);
}

}  // namespace
}  // namespace ashlar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  if (size > kMaximumBytes) return 0;
  if (size > 0 && data[0] == 'c') {
    check_described(fuzz_input(data + 1, size - 1));
    return 0;
  }
  if (size > 0 && data[0] == 's') {
    check_described_segment(fuzz_input(data + 1, size - 1));
    return 0;
  }
  if (size > 0 && data[0] == 'S') {
    std::string file(fuzz_input(data + 1, size - 1));
    read_segment(file);
    seal_segment(&file);
    read_segment(file);
    return 0;
  }
  std::string file(fuzz_input(data, size));
  read(file);
  seal(&file);
  read(file);
  return 0;
}
