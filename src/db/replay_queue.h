// Commits of the log on their way into the memtable, a few at a time: the place of each operation in
// the memtable's index is asked for when it comes, and is near when it is added. Replay spent half
// of its time waiting for these places.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "db/commit.h"
#include "wal/log_reader.h"

namespace ashlar {

struct ReplayedCommit {
  SequenceNumber sequence = 0;
  uint64_t position = 0;  // of its frame
  std::string operations;
  std::vector<Commit::Item> items;  // they point into the operations
};

// Threads: one at a time.
class ReplayQueue {
 public:
  // `come` is called with each operation when it enters, `add` with each commit when it leaves, in
  // order. An error of `add` is returned by the call during which it happened.
  ReplayQueue(std::function<void(const Commit::Item&)> come,
              std::function<Status(const ReplayedCommit&)> add)
      : come_(std::move(come)), add_(std::move(add)) {}

  // kCorruption if the frame's operations can't be read.
  Status put(const LogFrame& frame);
  // Adds what is left.
  Status finish();

 private:
  static constexpr std::size_t kCommits = 8;

  const std::function<void(const Commit::Item&)> come_;
  const std::function<Status(const ReplayedCommit&)> add_;
  std::array<ReplayedCommit, kCommits> commits_;
  std::size_t entered_ = 0;
  std::size_t left_ = 0;
};

}  // namespace ashlar
