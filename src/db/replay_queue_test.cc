#include "db/replay_queue.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "base/operation.h"

namespace ashlar {
namespace {

class ReplayQueueTest : public testing::Test {
 protected:
  // The frame of a commit that sets `count` keys made of the sequence.
  static std::string operations(SequenceNumber sequence, int count) {
    std::string bytes;
    for (int i = 0; i < count; ++i) {
      const std::string key = "k" + std::to_string(sequence) + "-" + std::to_string(i);
      const std::string value(sequence * 10, 'v');
      Operation operation;
      operation.key = key;
      operation.value = value;
      encode_operation(operation, &bytes);
    }
    return bytes;
  }
  Status put(SequenceNumber sequence, int count) {
    std::string bytes = operations(sequence, count);
    const Status status = queue_.put({sequence * 1000, sequence, bytes, false});
    bytes.assign(bytes.size(), '\0');  // as a source does when it goes on
    return status;
  }

  std::vector<uint64_t> came_;  // hashes
  std::vector<SequenceNumber> added_;
  SequenceNumber fails_at_ = 0;
  ReplayQueue queue_{[this](const Commit::Item& item) { came_.push_back(item.hash); },
                     [this](const ReplayedCommit& commit) {
                       if (commit.sequence == fails_at_) return Status::io_error("as planned");
                       added_.push_back(commit.sequence);
                       const auto count = static_cast<int>(commit.items.size());
                       EXPECT_EQ(commit.operations, operations(commit.sequence, count));
                       EXPECT_EQ(commit.position, commit.sequence * 1000);
                       for (const Commit::Item& item : commit.items) {
                         EXPECT_EQ(item.hash, hash_key(item.operation.key));
                         EXPECT_EQ(item.operation.value.size(), commit.sequence * 10);
                         EXPECT_GE(item.operation.key.data(), commit.operations.data());
                       }
                       return Status();
                     }};
};

TEST_F(ReplayQueueTest, AddsEverythingOnceAndInOrder) {
  std::vector<SequenceNumber> all;
  for (SequenceNumber sequence = 1; sequence <= 50; ++sequence) {
    ASSERT_TRUE(put(sequence, static_cast<int>(sequence % 4 + 1)).ok());
    all.push_back(sequence);
    EXPECT_LT(added_.size(), all.size());  // the last one waits
  }
  ASSERT_TRUE(queue_.finish().ok());
  EXPECT_EQ(added_, all);
  ASSERT_TRUE(queue_.finish().ok());
  EXPECT_EQ(added_, all);
}

TEST_F(ReplayQueueTest, OperationsComeWellBeforeTheyAreAdded) {
  ASSERT_TRUE(put(1, 3).ok());
  EXPECT_EQ(came_, (std::vector<uint64_t>{hash_key("k1-0"), hash_key("k1-1"), hash_key("k1-2")}));
  EXPECT_TRUE(added_.empty());
}

TEST_F(ReplayQueueTest, PassesOnWhatGoesWrong) {
  fails_at_ = 3;
  Status failed;
  for (SequenceNumber sequence = 1; sequence <= 20 && failed.ok(); ++sequence) {
    failed = put(sequence, 1);
  }
  EXPECT_TRUE(failed.is(StatusCode::kIoError));
  EXPECT_EQ(added_, (std::vector<SequenceNumber>{1, 2}));
}

TEST_F(ReplayQueueTest, RefusesWhatIsNoOperation) {
  const std::string half = operations(1, 1).substr(0, 12);
  EXPECT_TRUE(queue_.put({0, 1, half, false}).is(StatusCode::kCorruption));
}

}  // namespace
}  // namespace ashlar
