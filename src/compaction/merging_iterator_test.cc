#include "compaction/merging_iterator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "base/entry_batch.h"
#include "base/limits.h"
#include "table/table_test_support.h"

namespace ashlar {
namespace {

// Walks a list; reports an error instead of entry `broken_at`.
class ListIterator : public EntryIterator {
 public:
  explicit ListIterator(std::vector<TestEntry> entries, std::size_t broken_at = SIZE_MAX)
      : entries_(std::move(entries)), broken_at_(broken_at) {}

  bool valid() const override { return at_ < entries_.size() && status_.ok(); }
  const EntryView& entry() const override { return view_; }
  void seek_first() override { go(0); }
  void seek_last() override { go(entries_.size() - 1); }
  void seek(std::string_view key, SequenceNumber sequence) override {
    go(static_cast<std::size_t>(
        std::partition_point(entries_.begin(), entries_.end(),
                             [&](const TestEntry& entry) {
                               return entry_before(entry.key, entry.sequence, key, sequence);
                             }) -
        entries_.begin()));
  }
  void next() override { go(at_ + 1); }
  void previous() override { go(at_ - 1); }
  std::size_t take_batch(EntryBatch* batch, std::size_t most) override {
    std::size_t taken = 0;
    batch->newest = 0;
    batch->plain = true;
    while (taken < std::min(most, std::size_t{5}) && at_ + taken < entries_.size() &&
           at_ + taken != broken_at_) {
      const EntryView entry = entries_[at_ + taken].view();
      std::construct_at(&batch->entries[taken], entry);
      batch->newest = std::max(batch->newest, entry.sequence);
      ++taken;
    }
    if (taken > 0) go(at_ + taken - 1);
    return taken;
  }
  const Status& status() const override { return status_; }

 private:
  void go(std::size_t at) {
    at_ = at;
    if (at_ < entries_.size() && at_ == broken_at_) status_ = Status::corruption("broken");
    if (valid()) view_ = entries_[at_].view();
  }

  const std::vector<TestEntry> entries_;
  const std::size_t broken_at_;
  std::size_t at_ = SIZE_MAX;
  EntryView view_;
  Status status_;
};

std::unique_ptr<EntryIterator> list(std::vector<TestEntry> entries,
                                    std::size_t broken_at = SIZE_MAX) {
  return std::make_unique<ListIterator>(std::move(entries), broken_at);
}

// `count` lists with few distinct keys; with `equals`, some entries are in several lists, and the
// value tells which: of equals, those of the list given first come first.
std::pair<std::unique_ptr<MergingIterator>, std::vector<TestEntry>> random_merge(
    std::mt19937_64& random, int count, bool equals) {
  std::vector<std::vector<TestEntry>> lists(static_cast<std::size_t>(count));
  SequenceNumber next = 1;
  for (int i = 0; i < 40 * count; ++i) {
    const SequenceNumber sequence = equals ? random() % 5 + 1 : next++;
    const std::size_t to = random() % lists.size();
    lists[to].push_back({"k" + std::to_string(random() % 15), sequence, std::to_string(to)});
  }
  std::vector<TestEntry> all;
  std::vector<std::unique_ptr<EntryIterator>> children;
  for (auto& entries : lists) {
    put_in_order(&entries);
    all.insert(all.end(), entries.begin(), entries.end());
    children.push_back(list(entries));
  }
  std::stable_sort(all.begin(), all.end(), test_entry_before);
  return {std::make_unique<MergingIterator>(std::move(children)), std::move(all)};
}

TEST(MergingIterator, IsOneListBothWaysWhereverItTurns) {  // [ORDER-1]
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    for (const bool equals : {false, true}) {
      std::mt19937_64 random(seed);
      const auto [it, all] = random_merge(random, static_cast<int>(seed % 9) + 1, equals);
      expect_forward(*it, all);
      expect_backward(*it, all);
      expect_seeks(*it, all, random, 300);
      if (HasFatalFailure()) FAIL() << "seed " << seed << (equals ? ", equal keys" : "");
    }
  }
}

TEST(MergingIterator, IsOneListWhereChildrenHaveStretchesToThemselves) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<std::vector<TestEntry>> lists(1 + random() % 4);
    std::vector<TestEntry> all;
    std::size_t list_number = 0;
    for (int i = 0; i < 300; ++i) {
      if (random() % 12 == 0) list_number = random() % lists.size();
      const TestEntry entry{"key" + std::to_string(1000 + i / 2), 1000 - SequenceNumber(i), ""};
      lists[list_number].push_back(entry);
      all.push_back(entry);
    }
    std::vector<std::unique_ptr<EntryIterator>> children;
    for (auto& entries : lists) children.push_back(list(std::move(entries)));
    MergingIterator it(std::move(children));
    expect_forward(it, all);
    expect_backward(it, all);
    expect_seeks(it, all, random, 500);
    if (HasFatalFailure()) FAIL() << "seed " << seed;
  }
}

TEST(MergingIterator, WithoutChildrenOrWithEmptyOnesIsEmpty) {
  MergingIterator none({});
  none.seek_first();
  EXPECT_FALSE(none.valid());
  std::vector<std::unique_ptr<EntryIterator>> children;
  children.push_back(list({}));
  children.push_back(list({}));
  MergingIterator empty(std::move(children));
  expect_forward(empty, {});
  expect_backward(empty, {});
  empty.seek("k", kMaximumSequence);
  EXPECT_FALSE(empty.valid());
}

TEST(MergingIterator, AnErrorOfAnyChildEndsItForGood) {
  const std::vector<TestEntry> good = {{"a", 1, ""}, {"c", 1, ""}, {"e", 1, ""}};
  const std::vector<TestEntry> other = {{"b", 1, ""}, {"d", 1, ""}, {"f", 1, ""}};
  for (std::size_t broken_at = 0; broken_at < other.size(); ++broken_at) {
    for (const bool forward : {true, false}) {
      std::vector<std::unique_ptr<EntryIterator>> children;
      children.push_back(list(good));
      children.push_back(list(other, broken_at));
      MergingIterator it(std::move(children));
      forward ? it.seek_first() : it.seek_last();
      std::size_t seen = 0;
      for (; it.valid(); forward ? it.next() : it.previous()) ++seen;
      EXPECT_TRUE(it.status().is(StatusCode::kCorruption));
      // What lies behind the damage must not be shown.
      const std::size_t before = forward ? broken_at : other.size() - 1 - broken_at;
      EXPECT_LE(seen, 2 * before);
      EXPECT_GE(seen + 1, 2 * before);
      it.seek_first();
      EXPECT_FALSE(it.valid());
    }
  }
}

TEST(MergingIterator, AnErrorWhileTurningEndsIt) {
  std::vector<std::unique_ptr<EntryIterator>> children;
  children.push_back(list({{"a", 1, ""}, {"c", 1, ""}}));
  children.push_back(list({{"b", 1, ""}, {"d", 1, ""}}, 0));
  MergingIterator it(std::move(children));
  it.seek("c", kMaximumSequence);
  ASSERT_TRUE(it.valid());
  it.previous();
  EXPECT_FALSE(it.valid());
  EXPECT_TRUE(it.status().is(StatusCode::kCorruption));
}

}  // namespace
}  // namespace ashlar
