#include "table/value_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/checksum.h"
#include "base/coding.h"
#include "base/epoch.h"
#include "base/limits.h"
#include "base/mutants.h"
#include "base/prefetch.h"
#include "base/try.h"
#include "table/segment_values.h"
#include "table/table_format.h"

namespace ashlar {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{512} << 10;

const char* find_mismatch(const ValueFileHeader& header, const ValueFileSummary& summary) {
  if (header.file_number != summary.file_number) return "is another value file, by its number";
  if (header.file_bytes != summary.file_bytes) return "has another length than it was given";
  if (header.record_count != summary.record_count) return "has another record count than given";
  return nullptr;
}

// The lengths at a record's front. False if the record would reach beyond the file.
bool decode_lengths(const char* front, uint64_t offset, uint64_t file_bytes, uint32_t* key_bytes,
                    uint32_t* value_bytes) {
  *key_bytes = load<uint32_t>(front + 4);
  *value_bytes = load<uint32_t>(front + 8);
  return *key_bytes <= kMaximumStoredKeyBytes &&
         uint64_t{*key_bytes} + *value_bytes <= file_bytes - offset - kValueRecordHeaderBytes;
}

// Checks every record of a whole file in memory.
Status check_image(const char* image, const ValueFileSummary& summary, const std::string& path) {
  uint64_t offset = kPageBytes;
  for (uint64_t i = 0; i < summary.record_count; ++i) {
    uint32_t key_bytes = 0;
    uint32_t value_bytes = 0;
    if (offset + kValueRecordHeaderBytes > summary.file_bytes ||
        !decode_lengths(image + offset, offset, summary.file_bytes, &key_bytes, &value_bytes)) {
      return damaged(path, offset, "a record reaches beyond the file");
    }
    const char* key = image + offset + kValueRecordHeaderBytes;
    const uint32_t checksum = value_record_checksum(summary.file_number, offset, {key, key_bytes},
                                                    {key + key_bytes, value_bytes});
    if (load<uint32_t>(image + offset) != checksum &&
        !ASHLAR_MUTANT("value-checksums-not-checked")) {
      return damaged(path, offset, "record checksum does not match");
    }
    offset = next_value_record(offset, key_bytes, value_bytes);
  }
  return {};
}

}  // namespace

void ValueRecordIterator::seek_first() {
  number_ = 0;
  arrive(kPageBytes);
}

void ValueRecordIterator::next() {
  ++number_;
  arrive(next_value_record(pointer_.offset, key_bytes_, pointer_.length));
}

void ValueRecordIterator::arrive(uint64_t offset) {
  valid_ = false;
  status_ = {};
  if (number_ >= header_.record_count) return;
  status_ = load(offset);
  valid_ = status_.ok();
}

Status ValueRecordIterator::load(uint64_t offset) {
  std::array<char, kValueRecordHeaderBytes> front;
  uint32_t key_bytes = 0;
  uint32_t value_bytes = 0;
  if (offset + front.size() > header_.file_bytes) {
    return damaged(file_.path(), offset, "the file ends before its last record");
  }
  ASHLAR_TRY(file_.read(offset, front.data(), front.size()));
  if (!decode_lengths(front.data(), offset, header_.file_bytes, &key_bytes, &value_bytes)) {
    return damaged(file_.path(), offset, "a record reaches beyond the file");
  }
  record_.resize(std::size_t{key_bytes} + value_bytes);
  ASHLAR_TRY(file_.read(offset + front.size(), record_.data(), record_.size()));
  key_bytes_ = key_bytes;
  pointer_ = {header_.file_number, offset, value_bytes, ashlar::load<uint32_t>(front.data())};
  if (value_record_checksum(header_.file_number, offset, key(), value()) != pointer_.checksum) {
    return damaged(file_.path(), offset, "record checksum does not match");
  }
  return {};
}

Result<std::shared_ptr<ValueFile>> ValueFile::open(Env& env, const std::string& path,
                                                   const ValueFileSummary& summary,
                                                   MemoryBudget* budget, HugeBuffer image,
                                                   ValueCache* cache) {
  ASHLAR_TRY_ASSIGN(std::unique_ptr<File> file, env.open_file(path, {.mode = OpenMode::kRead}));
  ASHLAR_TRY_ASSIGN(const uint64_t bytes, file->size());
  if (bytes != summary.file_bytes || bytes < kPageBytes) {
    return damaged(path, bytes,
                   "the file should have " + std::to_string(summary.file_bytes) + " bytes");
  }
  std::array<char, kPageBytes> page;
  ASHLAR_TRY(file->read(0, page.data(), page.size()));
  file->advise(0, bytes, File::Advice::kRandom);
  std::shared_ptr<ValueFile> values(new ValueFile(std::move(file), summary, budget, cache));
  ASHLAR_TRY(values->check_header(page.data()));
  if (image) {
    ASHLAR_CHECK(image.size() >= bytes && values->check_header(image.data()).ok());
    values->image_.adopt(std::move(image));
  }
  return values;
}

Status ValueFile::check_header(const char* page) const {
  if (is_segment()) return check_segment_header(page, summary_, path()).status();
  ASHLAR_TRY_ASSIGN(const ValueFileHeader header, decode_value_file_header(page, path()));
  const char* mismatch = find_mismatch(header, summary_);
  return mismatch == nullptr ? Status() : damaged(path(), 0, mismatch);
}

Status ValueFile::check_place(const ValuePointer& pointer, std::string_view key) const {
  const uint64_t bytes = kValueRecordHeaderBytes + key.size() + pointer.length;
  const bool aligned = is_segment() || pointer.offset % kValueRecordAlignment == 0;
  if (pointer.file_number != summary_.file_number || pointer.offset < kPageBytes || !aligned ||
      bytes > summary_.file_bytes || pointer.offset > summary_.file_bytes - bytes) {
    return damaged(path(), pointer.offset, "a value pointer does not point to a record");
  }
  return {};
}

std::size_t ValueFile::record_bytes(const ValuePointer& pointer, std::string_view key) const {
  if (!is_segment()) return kValueRecordHeaderBytes + key.size() + pointer.length;
  return std::min<uint64_t>(most_operation_bytes(key, pointer.length),
                            summary_.file_bytes - pointer.offset);
}

Result<std::string_view> ValueFile::value_in(std::string_view record, const ValuePointer& pointer,
                                             std::string_view key, bool verify) const {
  return is_segment() ? value_of_operation(record, pointer, key, verify, path())
                      : value_of_record(record, pointer, key, verify, path());
}

Status ValueFile::read(const ValuePointer& pointer, std::string_view key,
                       std::string* value) const {
  if (resident()) {
    const EpochGuard guard;  // merges have none, and hold no view
    if (const char* image = image_.data(); image != nullptr) {
      ASHLAR_TRY_ASSIGN(const std::string_view found, view_in(image, pointer, key));
      *value = found;
      return {};
    }
  }
  ASHLAR_TRY(check_place(pointer, key));
  ASHLAR_TRY_ASSIGN(const std::string_view found, read_record(pointer, key, value));
  const auto front = static_cast<std::size_t>(found.data() - value->data());
  value->resize(front + found.size());
  value->erase(0, front);
  return {};
}

Result<std::string_view> ValueFile::read_record(const ValuePointer& pointer, std::string_view key,
                                                std::string* record) const {
  const uint64_t number = summary_.file_number;
  const std::size_t bytes = record_bytes(pointer, key);
  if (cache_ != nullptr && cache_->find(number, pointer.offset, record) &&
      record->size() == bytes) {
    return value_in(*record, pointer, key, false);
  }
  record->resize(bytes);
  ASHLAR_TRY(file_->read(pointer.offset, record->data(), record->size()));
  ASHLAR_TRY_ASSIGN(const std::string_view value, value_in(*record, pointer, key, true));
  if (cache_ != nullptr) cache_->offer(number, pointer.offset, *record);
  return value;
}

void prefetch_value_record(const char* image, const ValuePointer& pointer) {
  constexpr std::size_t kFrontBytes = 64;  // about, with a key
  // From there on the processor goes on by itself.
  constexpr std::size_t kMostBytes = 1024 + kFrontBytes;
  prefetch_lines(reinterpret_cast<uintptr_t>(image) + pointer.offset,
                 std::min<std::size_t>(kFrontBytes + pointer.length, kMostBytes));
}

Result<std::string_view> ValueFile::view(const ValuePointer& pointer, std::string_view key) const {
  const char* image = image_.data();
  if (image == nullptr) return Status::not_found(path() + " is not resident");
  prefetch_value_record(image, pointer);  // all of it, while its front is on its way
  return view_in(image, pointer, key);
}

Result<std::string_view> ValueFile::view_in(const char* image, const ValuePointer& pointer,
                                            std::string_view key) const {
  ASHLAR_TRY(check_place(pointer, key));
  return value_in({image + pointer.offset, record_bytes(pointer, key)}, pointer, key, false);
}

std::unique_ptr<ValueRecordIterator> ValueFile::new_iterator() const {
  return std::make_unique<ValueRecordIterator>(
      *file_, ValueFileHeader{summary_.file_number, summary_.file_bytes, summary_.record_count});
}

Status ValueFile::make_resident() {
  if (resident()) return {};
  ASHLAR_TRY_ASSIGN(HugeBuffer image,
                    HugeBuffer::allocate(image_bytes(), MemoryUse::kTable, budget_));
  ASHLAR_TRY(file_->read(0, image.data(), image_bytes()));
  ASHLAR_TRY(is_segment() ? check_segment({image.data(), image_bytes()}, summary_, path())
                          : check_image(image.data(), summary_, path()));
  image_.adopt(std::move(image));
  return {};
}

Status ValueFile::check_file_checksum() const {
  ASHLAR_TRY_ASSIGN(HugeBuffer buffer,
                    HugeBuffer::allocate(kPieceBytes, MemoryUse::kCompaction, budget_));
  uint32_t checksum = 0;
  for (uint64_t at = kPageBytes; at < summary_.file_bytes;) {
    const std::size_t bytes = std::min<uint64_t>(kPieceBytes, summary_.file_bytes - at);
    ASHLAR_TRY(file_->read(at, buffer.data(), bytes));
    checksum = crc32c({buffer.data(), bytes}, checksum);
    at += bytes;
  }
  ASHLAR_TRY(file_->read(0, buffer.data(), kPageBytes));
  if (crc32c({buffer.data(), kPageContentBytes}, checksum) == summary_.file_checksum) return {};
  return damaged(path(), 0, "the checksum of the whole file does not match");
}

Status ValueFile::check_records() const {
  uint64_t value_bytes = 0;
  const std::unique_ptr<ValueRecordIterator> records = new_iterator();
  for (records->seek_first(); records->valid(); records->next()) {
    value_bytes += records->pointer().length;
  }
  ASHLAR_TRY(records->status());
  if (value_bytes == summary_.value_bytes) return {};
  return damaged(path(), 0, "the values don't have the length that was given");
}

Status ValueFile::check_whole_segment() const {
  ASHLAR_TRY_ASSIGN(HugeBuffer buffer,
                    HugeBuffer::allocate(summary_.file_bytes, MemoryUse::kCompaction, budget_,
                                         PageSize::kSmall));
  ASHLAR_TRY(file_->read(0, buffer.data(), summary_.file_bytes));
  return check_segment({buffer.data(), summary_.file_bytes}, summary_, path());
}

Status ValueFile::verify(const std::function<void(std::string)>& problem) const {
  Status first;
  const auto check = [&](Status found) -> Status {
    if (!found.is(StatusCode::kCorruption)) return found;
    if (problem) problem(std::string(found.message()));
    if (first.ok()) first = std::move(found);
    return {};
  };
  if (is_segment()) {
    ASHLAR_TRY(check(check_whole_segment()));
  } else {
    ASHLAR_TRY(check(check_file_checksum()));
    ASHLAR_TRY(check(check_records()));
  }
  return first;
}

}  // namespace ashlar
