// Writing a value file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ashlar/result.h"
#include "base/huge_buffer.h"
#include "base/value_pointer.h"
#include "env/env.h"
#include "table/file_appender.h"
#include "table/value_file_format.h"

namespace ashlar {

// Streams values to their file, in any order of keys. An object that ends before finish() succeeded
// removes the file.
//
// Threads: one at a time.
class ValueFileBuilder {
 public:
  // The file must not exist. With `keep_image` the file is also kept in memory, for take_image(); of
  // a budget of 1 GiB or more, kMaximumValueFileBytes are reserved until then.
  // Errors of Env::open_file, kOutOfMemory.
  static Result<std::unique_ptr<ValueFileBuilder>> create(Env& env, const std::string& path,
                                                          uint64_t file_number, bool keep_image,
                                                          MemoryBudget* budget);

  // Writes the value through in pieces. Errors of File::write end the builder: every later call
  // gives them again.
  Result<ValuePointer> add(std::string_view key, std::string_view value);
  bool empty() const { return summary_.record_count == 0; }
  // If finish() were called now.
  uint64_t file_bytes() const;

  // On return everything is on stable storage except the file's name in its folder. Afterwards only
  // take_image() may be called.
  Result<ValueFileSummary> finish();
  // The whole file, in quick pages, or small ones, as most values come from flushes; empty without keep_image.
  HugeBuffer take_image();

 private:
  ValueFileBuilder(uint64_t file_number, std::unique_ptr<FileAppender> file)
      : file_(std::move(file)) {
    summary_.file_number = file_number;
  }
  Status append(std::string_view bytes);
  Status pad(std::size_t unit);

  std::unique_ptr<FileAppender> file_;
  std::optional<GrowingImage> image_;
  ValueFileSummary summary_;
  Status status_;
};

}  // namespace ashlar
