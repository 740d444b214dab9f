// A finished value file, in memory as a whole (*resident*) or read value by value.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "ashlar/result.h"
#include "base/huge_buffer.h"
#include "base/value_pointer.h"
#include "env/env.h"
#include "table/file_image.h"
#include "table/value_cache.h"
#include "table/value_file_builder.h"
#include "table/value_file_format.h"

namespace ashlar {

// Walks the records of a value file in the order of their offsets, one in memory at a time,
// checking each. Not positioned at first.
//
// Threads: one at a time.
class ValueRecordIterator {
 public:
  // The first `file_bytes` of `file`, which must outlive the iterator, as its header has it.
  ValueRecordIterator(const File& file, const ValueFileHeader& header)
      : file_(file), header_(header) {}

  bool valid() const { return valid_; }
  std::string_view key() const { return {record_.data(), key_bytes_}; }
  std::string_view value() const { return std::string_view(record_).substr(key_bytes_); }
  const ValuePointer& pointer() const { return pointer_; }
  void seek_first();
  void next();
  // Why the iterator became invalid, if not by reaching the end.
  const Status& status() const { return status_; }

 private:
  Status load(uint64_t offset);
  void arrive(uint64_t offset);

  const File& file_;
  const ValueFileHeader header_;
  bool valid_ = false;
  uint64_t number_ = 0;  // of the record, from 0
  std::size_t key_bytes_ = 0;
  std::string record_;  // key and value
  ValuePointer pointer_;
  Status status_;
};

// Brings the record in a value file's image that the pointer leads to closer, as far as it takes;
// harmless whatever the pointer says.
void prefetch_value_record(const char* image, const ValuePointer& pointer);

// Ownership: shared by the versions that name it. The budget must outlive it.
// Threads:   any.
// Invariant: a value is given out only if its record's checksum was verified, at loading (image or
//            cache) or at this reading, and its record's key is the caller's.
class ValueFile {
 public:
  // Opens the file and checks its header against `summary`. `image` may be empty; otherwise it is
  // what ValueFileBuilder::take_image() gave for this file, or, of a segment, holds at least the
  // header and every operation that is pointed to. `cache` may be null, and must outlive the file
  // otherwise; records that are read one by one are looked for there.
  //   kCorruption   names the file: damaged, cut off, or another file than the summary's.
  //   kUnsupported  written by a newer version.
  // Errors of Env::open_file.
  static Result<std::shared_ptr<ValueFile>> open(Env& env, const std::string& path,
                                                 const ValueFileSummary& summary,
                                                 MemoryBudget* budget, HugeBuffer image = {},
                                                 ValueCache* cache = nullptr);
  ValueFile(const ValueFile&) = delete;
  ValueFile& operator=(const ValueFile&) = delete;

  const std::string& path() const { return file_->path(); }
  const ValueFileSummary& summary() const { return summary_; }

  // Replaces *value by what `pointer`, which was stored for `key`, points to. kCorruption with file
  // and offset; errors of File::read.
  Status read(const ValuePointer& pointer, std::string_view key, std::string* value) const;
  // The same without a copy: valid under the caller's EpochGuard.
  //   kNotFound  the file is not resident: use read().
  Result<std::string_view> view(const ValuePointer& pointer, std::string_view key) const;
  // The same in an image that the caller has pinned, as long as that is.
  Result<std::string_view> view_in(const char* image, const ValuePointer& pointer,
                                   std::string_view key) const;
  // Of a file of records, not of a segment.
  std::unique_ptr<ValueRecordIterator> new_iterator() const;

  bool resident() const { return image_.data() != nullptr; }
  std::size_t image_bytes() const { return summary_.file_bytes; }
  // As of Table.
  Status make_resident();
  FileImage& image() { return image_; }

  // Reads every byte and checks every checksum and rule, as of Table.
  Status verify(const std::function<void(std::string)>& problem) const;

 private:
  ValueFile(std::unique_ptr<File> file, const ValueFileSummary& summary, MemoryBudget* budget,
            ValueCache* cache)
      : file_(std::move(file)), summary_(summary), budget_(budget), cache_(cache) {}

  bool is_segment() const { return summary_.kind == ValueFileKind::kSegment; }
  Status check_header(const char* page) const;
  Status check_place(const ValuePointer& pointer, std::string_view key) const;
  // How much from the pointer's offset on is needed, at most, for the record there.
  std::size_t record_bytes(const ValuePointer& pointer, std::string_view key) const;
  // The value in `record`, which is that much; it is what is pointed to, and, if asked for, the
  // checksum matches.
  Result<std::string_view> value_in(std::string_view record, const ValuePointer& pointer,
                                    std::string_view key, bool verify) const;
  // Fills *record from the cache or the file, and returns the value in it.
  Result<std::string_view> read_record(const ValuePointer& pointer, std::string_view key,
                                       std::string* record) const;
  Status check_file_checksum() const;
  Status check_records() const;
  Status check_whole_segment() const;

  const std::unique_ptr<File> file_;
  const ValueFileSummary summary_;
  MemoryBudget* const budget_;
  ValueCache* const cache_;
  FileImage image_;
};

}  // namespace ashlar
