#include "db/replay_queue.h"

#include "base/hash.h"
#include "base/try.h"

namespace ashlar {

Status ReplayQueue::put(const LogFrame& frame) {
  if (entered_ - left_ == kCommits) ASHLAR_TRY(add_(commits_[left_++ % kCommits]));
  ReplayedCommit& commit = commits_[entered_ % kCommits];
  commit.sequence = frame.sequence;
  commit.position = frame.position;
  commit.operations.assign(frame.operations);
  commit.items.clear();
  const std::string_view operations = commit.operations;
  Commit::Item item;
  for (std::size_t at = 0; at < operations.size(); at += item.size) {
    ASHLAR_TRY_ASSIGN(item.operation, decode_operation(operations.substr(at), &item.size, false));
    item.offset = at;
    item.hash =
        item.operation.kind == EntryKind::kDeleteRange ? 0 : hash_key(item.operation.key);
    come_(item);
    commit.items.push_back(item);
  }
  ++entered_;
  return {};
}

Status ReplayQueue::finish() {
  while (left_ < entered_) ASHLAR_TRY(add_(commits_[left_++ % kCommits]));
  return {};
}

}  // namespace ashlar
