// One sorted run in a temporary file.
//
//   record: order, key, payload, each with its length as a varint; then the next record
//
// The file is never synced and never read after a restart.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "ashlar/result.h"
#include "env/env.h"

namespace ashlar {

struct SortRecord {
  std::string order;
  std::string key;
  std::string payload;

  std::size_t bytes() const { return sizeof(*this) + order.size() + key.size() + payload.size(); }
  friend bool operator<(const SortRecord& a, const SortRecord& b) {
    const int by_order = a.order.compare(b.order);
    return by_order != 0 ? by_order < 0 : a.key < b.key;
  }
  bool same_place(const SortRecord& other) const {
    return order == other.order && key == other.key;
  }
};

// A finished run. Ownership: the file is removed with it.
class SortRun {
 public:
  SortRun(Env& env, std::unique_ptr<File> file, uint64_t bytes, int level)
      : env_(&env), file_(std::move(file)), bytes_(bytes), level_(level) {}
  SortRun(SortRun&&) noexcept = default;
  SortRun& operator=(SortRun&&) noexcept;
  ~SortRun() { remove(); }

  static SortRun finished(SortRun run, uint64_t bytes, int level) {
    run.bytes_ = bytes;
    run.level_ = level;
    return run;
  }

  const File& file() const { return *file_; }
  uint64_t bytes() const { return bytes_; }
  int level() const { return level_; }

 private:
  void remove();

  Env* env_;
  std::unique_ptr<File> file_;
  uint64_t bytes_;
  int level_;
};

class SortRunWriter {
 public:
  // In the folder of the database.
  static Result<SortRunWriter> create(Env& env, const std::string& folder);

  Status add(const SortRecord& record);
  Result<SortRun> finish(int level);

 private:
  SortRunWriter(SortRun run, File* file) : run_(std::move(run)), file_(file) {}
  Status write();

  SortRun run_;  // removes the file if it is not finished
  File* file_;
  std::string buffer_;
  uint64_t written_ = 0;
};

// Ownership: the run must outlive it.
class SortRunReader {
 public:
  static constexpr std::size_t kBufferBytes = std::size_t{32} << 10;

  explicit SortRunReader(const SortRun& run) : run_(run) {}
  // False at the end.
  Result<bool> next(SortRecord* record);

 private:
  Status need(std::size_t bytes);
  Status read_part(std::string* part);

  const SortRun& run_;
  std::string buffer_;
  std::size_t at_ = 0;   // in the buffer
  uint64_t offset_ = 0;  // of the buffer's end, in the file
};

}  // namespace ashlar
