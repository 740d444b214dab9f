// What the tests of the log share: a folder, commits with known bytes, a log to open and to lose.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "base/checksum.h"
#include "base/coding.h"
#include "base/operation.h"
#include "env/posix_env.h"
#include "wal/log_reader.h"
#include "wal/log_segment.h"
#include "wal/log_writer.h"

namespace ashlar {

// A new folder under the system's place for temporary files; removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "ashlar-wal-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::string read_whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_whole(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

struct TestCommit {
  std::string operations;
  uint32_t digest = 0;
};

// One commit that sets a key made of `sequence` to `value_bytes` bytes made of it.
inline TestCommit make_commit(SequenceNumber sequence, std::size_t value_bytes) {
  TestCommit commit;
  const std::string key = "key" + std::to_string(sequence);
  std::string value(value_bytes, '\0');
  for (std::size_t i = 0; i < value_bytes; ++i) {
    value[i] = static_cast<char>((sequence * 31 + i * 7 + (i >> 8)) & 0xff);
  }
  Operation operation;
  operation.timestamp_us = sequence;
  operation.kind = EntryKind::kSet;
  operation.key = key;
  operation.value = value;
  char checksum[4];
  store<uint32_t>(checksum, encode_operation(operation, &commit.operations));
  commit.digest = crc32c(std::string_view(checksum, sizeof(checksum)));
  return commit;
}

// A log in a folder, with the commits that it was given.
class TestLog {
 public:
  explicit TestLog(Env* env, std::string folder, LogOptions options)
      : env_(env), folder_(std::move(folder)), options_(options) {}

  // A log that is new at `position`, or goes on behind what is found in the folder.
  Status create(uint64_t position = 0) { return open({position, 1}, {}); }
  Status reopen(uint64_t from = 0) {
    writer_.reset();
    Result<LogEnd> end = replay(from);
    if (!end.ok()) return std::move(end).status();
    if (Status done = complete_newest_segment(*env_, folder_, *end); !done.ok()) return done;
    next_sequence_ = end->last_sequence + 1;
    Status opened = open({end->position, next_sequence_}, end->segments);
    if (opened.ok() && remove_leftovers) {
      for (const uint64_t number : end->leftovers) {
        (void)env_->remove(segment_path(folder_, number));
      }
    }
    return opened;
  }
  // What the end of the process does.
  void drop() { writer_.reset(); }
  // What a power cut may do to the ring.
  void lose_ring() { (void)env_->remove(join_path(folder_, kLogRingName)); }

  Status append(std::size_t value_bytes, bool may_use_reserve = false) {
    const TestCommit commit = make_commit(next_sequence_, value_bytes);
    Status status = writer_->append(next_sequence_, commit.operations, commit.digest, &end_,
                                    may_use_reserve);
    if (status.ok()) {
      ++next_sequence_;
      sizes_.resize(next_sequence_);
      sizes_[next_sequence_ - 1] = value_bytes;
    }
    return status;
  }
  Status sync() { return writer_->sync(end_); }

  // Reads the log into replayed(), where each commit has to be the one that was appended.
  Result<LogEnd> replay(uint64_t from = 0) {
    replayed_.clear();
    return replay_log(*env_, folder_, from, [&](const LogFrame& frame) {
      replayed_.push_back(frame.sequence);
      const bool known = frame.sequence < sizes_.size();
      EXPECT_TRUE(known) << frame.sequence;
      if (known) {
        EXPECT_EQ(frame.operations, make_commit(frame.sequence, sizes_[frame.sequence]).operations);
      }
      return Status();
    });
  }
  const std::vector<SequenceNumber>& replayed() const { return replayed_; }

  LogWriter& writer() { return *writer_; }
  SequenceNumber last_sequence() const { return next_sequence_ - 1; }
  uint64_t end() const { return end_; }
  uint64_t last_number() const { return number_; }
  const std::string& folder() const { return folder_; }
  std::string segment(uint64_t number) const { return segment_path(folder_, number); }

  bool remove_leftovers = true;

 private:
  Status open(const LogStart& start, std::vector<SegmentInfo> existing) {
    Result<std::unique_ptr<LogWriter>> writer = LogWriter::create(
        *env_, folder_, options_, start, [this] { return ++number_; }, std::move(existing),
        nullptr);
    if (!writer.ok()) return std::move(writer).status();
    writer_ = std::move(writer).value();
    next_sequence_ = start.next_sequence;
    end_ = writer_->end();
    return {};
  }

  Env* const env_;
  const std::string folder_;
  const LogOptions options_;
  std::unique_ptr<LogWriter> writer_;
  SequenceNumber next_sequence_ = 1;
  std::vector<std::size_t> sizes_;
  std::vector<SequenceNumber> replayed_;
  uint64_t end_ = 0;
  uint64_t number_ = 0;
};

// 1, 2, … `last`.
inline std::vector<SequenceNumber> sequences(SequenceNumber last, SequenceNumber first = 1) {
  std::vector<SequenceNumber> all;
  for (SequenceNumber sequence = first; sequence <= last; ++sequence) all.push_back(sequence);
  return all;
}

}  // namespace ashlar
