// A file, or standard input, read from front to back: whole or line by line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ashlar/result.h"

namespace ashlar::tools {

// Threads: one.
class InputFile {
 public:
  // "-" is standard input. kNotFound, or kIoError with the system's reason.
  static Result<std::unique_ptr<InputFile>> open(const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& name() const { return name_; }
  // 0 when it is not known, as for a pipe.
  uint64_t size() const { return size_; }
  uint64_t bytes_read() const { return bytes_read_; }

  // Waits for at least one byte, and gives at most `bytes`; 0 at the end.
  //   kAborted  interrupted from the keyboard.
  Result<std::size_t> read(char* to, std::size_t bytes);

  // The next line into *line, without its end; false at the end of the file.
  //   kTooLarge  the line is longer than kMaximumLineBytes.
  Result<bool> read_line(std::string* line);
  static constexpr std::size_t kMaximumLineBytes = std::size_t{3} << 30;

 private:
  InputFile(int descriptor, std::string name, uint64_t size);

  int descriptor_;
  std::string name_;
  uint64_t size_;
  uint64_t bytes_read_ = 0;
  std::vector<char> buffer_;
  std::string_view unread_;  // of buffer_
};

}  // namespace ashlar::tools
