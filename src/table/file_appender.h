// Writing a table or value file once, from page 1 to its end, and the header at last.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "ashlar/result.h"
#include "base/huge_buffer.h"
#include "base/limits.h"
#include "env/env.h"

namespace ashlar {

// Collects bytes into pieces for a file opened past the page cache, and their checksum. A piece is
// written while the next is collected. Removes the file, as well as it can, if it ends unfinished.
//
// Threads: one at a time.
class FileAppender {
 public:
  // How large the pieces are; two of them are taken from the budget, which may be null. Large ones,
  // where memory allows for them, spare handing over from thread to thread, and devices take them
  // faster: 250 us for 256 KiB on one that took 420 for 1 MiB.
  static std::size_t piece_bytes(const MemoryBudget* budget);

  // The file must not exist. The first byte appended lies at offset kPageBytes.
  static Result<std::unique_ptr<FileAppender>> create(Env& env, const std::string& path,
                                                      MemoryBudget* budget);
  ~FileAppender();
  FileAppender(const FileAppender&) = delete;
  FileAppender& operator=(const FileAppender&) = delete;

  // An error may be that of an earlier call; after one every later call gives it again.
  Status append(std::string_view bytes);
  // The same for a sealed page, of whose own checksum the file's takes no notice: a CRC of bytes
  // that end in their CRC says nothing about them.
  Status append_page(std::string_view page);
  // Zeros up to the next multiple of `unit`.
  Status pad(std::size_t unit);
  // Where the next byte will lie.
  uint64_t offset() const { return written_ + buffered_; }
  // Writes what is left, whose length must be padded to kPageBytes, then the header page, and
  // returns when all is on stable storage. *checksum: of all bytes but pages' checksums, in file
  // order, the header page last.
  Status finish(std::string_view header_page, uint32_t* checksum);

 private:
  FileAppender(Env& env, std::string path, std::unique_ptr<File> file, HugeBuffer pieces)
      : env_(env),
        path_(std::move(path)),
        pieces_(std::move(pieces)),
        piece_bytes_(pieces_.size() / 2),
        file_(std::move(file)) {}
  Status buffer(std::string_view bytes);
  Status write_piece();
  char* piece() { return pieces_.data() + (second_ ? piece_bytes_ : 0); }

  Env& env_;
  const std::string path_;
  HugeBuffer pieces_;           // two; must outlive what the file has begun to write
  const std::size_t piece_bytes_;
  std::unique_ptr<File> file_;
  bool second_ = false;         // whether that is the one being filled
  std::size_t buffered_ = 0;
  uint64_t written_ = kPageBytes;
  uint32_t checksum_ = 0;
  Status status_;
  bool finished_ = false;
};

// Bytes in memory that grow at their end: the image of a file being written.
class GrowingImage {
 public:
  // Appending beyond `expected_bytes` moves what is there.
  static Result<GrowingImage> create(std::size_t expected_bytes, PageSize pages,
                                     MemoryBudget* budget);

  std::size_t size() const { return size_; }
  char* data() { return buffer_.data(); }
  Status append(std::string_view bytes);
  Status append_zeros(std::size_t bytes);
  // All of it, cut to its size; leaves this empty.
  HugeBuffer take();

 private:
  static constexpr std::size_t kTakenAtOnce = std::size_t{2} << 20;

  Status make_room(std::size_t bytes);

  HugeBuffer buffer_;
  std::size_t size_ = 0;
  std::size_t taken_ = kTakenAtOnce;  // bytes whose pages are taken, or will be when touched
};

}  // namespace ashlar
