#include "compaction/picker.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/limits.h"
#include "env/sim_env.h"

namespace ashlar {
namespace {

// Versions are written down, one part a line; sizes are bytes, counts entries:
//
//   run a-c 100                     a run of one table; add "*N": N such runs; "range": with a
//   range
//                                   tombstone; "open": one without end
//   partition m bottom 1000         "-" for the first partition's lower bound
//   fragment 100                    of the last partition, newest first
//   ... dead=30 of=100 seq=7        tombstones, entries, largest sequence of the table
//   ... expires=50-200x10           ten entries expire between these moments
//   ... values=9:1000               the table points to so many bytes of a value file
//   values 9 4000000 of=4000000     a value file, its bytes and value bytes; add "mixed" for one
//                                   that is not in the order of keys
class TestVersion {
 public:
  explicit TestVersion(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream in(line);
      std::string kind;
      if (!(in >> kind)) continue;
      if (kind == "run") {
        add_runs(in);
      } else if (kind == "partition") {
        add_partition(in);
      } else if (kind == "fragment") {
        std::string bytes;
        in >> bytes;
        partition_->fragments.push_back(table("a", "z", bytes, in));
      } else {
        add_value_file(in);
      }
    }
  }
  std::shared_ptr<const Version> get() const { return version_; }

 private:
  std::shared_ptr<StoredTable> table(const std::string& smallest, const std::string& largest,
                                     const std::string& bytes, std::istringstream& in) {
    TableSummary summary;
    summary.file_number = ++next_number_;
    summary.smallest_key = smallest;
    summary.largest_key = largest;
    summary.file_bytes = std::stoull(bytes);
    summary.entry_count = 100;
    summary.largest_sequence = 5;
    for (std::string word; in >> word;) set(word, &summary);
    return std::make_shared<StoredTable>(env_, "none", summary, nullptr);
  }
  void set(const std::string& word, TableSummary* summary) {
    const auto number = [&](std::size_t from) { return std::stoull(word.substr(from)); };
    if (word.starts_with("dead=")) summary->tombstone_count = number(5);
    if (word.starts_with("of=")) summary->entry_count = number(3);
    if (word.starts_with("seq=")) summary->largest_sequence = number(4);
    if (word == "range" || word == "open") summary->range_tombstone_count = 1;
    if (word == "open") summary->unbounded = true;
    if (word.starts_with("*")) repeat_ = static_cast<int>(number(1));
    if (word.starts_with("expires=")) {
      summary->earliest_expiry_ms = number(8);
      summary->latest_expiry_ms = number(word.find('-') + 1);
      summary->expiring_count = number(word.find('x', 8) + 1);
    }
    if (word.starts_with("values=")) {
      summary->value_references.push_back({number(7), number(word.find(':') + 1)});
    }
  }
  void add_runs(std::istringstream& in) {
    std::string range;
    std::string bytes;
    in >> range >> bytes;
    repeat_ = 1;
    const auto only = table(range.substr(0, 1), range.substr(2), bytes, in);
    for (int i = 0; i < repeat_; ++i) {
      auto run = std::make_shared<Run>();
      run->number = ++next_number_;
      run->tables.push_back(only);
      version_->runs.push_back(run);
    }
  }
  void add_partition(std::istringstream& in) {
    std::string lower;
    std::string what;
    std::string bytes;
    in >> lower >> what >> bytes;
    partition_ = std::make_shared<Partition>();
    partition_->number = version_->partitions.size() + 1;
    partition_->lower = lower == "-" ? "" : lower;
    if (what == "bottom") partition_->bottom = table("a", "z", bytes, in);
    version_->partitions.push_back(partition_);
  }
  void add_value_file(std::istringstream& in) {
    ValueFileSummary summary;
    std::string total;
    in >> summary.file_number >> summary.file_bytes >> total;
    summary.value_bytes = std::stoull(total.substr(3));
    std::string order;
    summary.in_key_order = !(in >> order && order == "mixed");
    version_->value_files[summary.file_number] =
        std::make_shared<StoredValueFile>(env_, "none", summary, nullptr);
  }

  SimEnv env_{1};
  std::shared_ptr<Version> version_ = std::make_shared<Version>();
  std::shared_ptr<Partition> partition_;
  uint64_t next_number_ = 100;
  int repeat_ = 1;
};

// "distribute 8 runs: 1 fragment, 2 settle", partitions by number; then the relocated files.
std::string to_text(const std::optional<MergePlan>& plan) {
  if (!plan) return "nothing";
  std::string text = plan->reason + ":";
  for (const MergePlan::Target& target : plan->targets) {
    text += " " + std::to_string(plan->base->partitions[target.partition]->number);
    text += target.settle ? " settle," : " fragment,";
  }
  for (const uint64_t number : plan->relocated_value_files) {
    text += " empty " + std::to_string(number) + ",";
  }
  text.pop_back();
  return text;
}

PickerState busy() {
  return {1000, kMaximumSequence, false};
}
PickerState idle() {
  return {1000, kMaximumSequence, true};
}
PickerState with_time() {
  PickerState state = idle();
  state.may_order_values = true;
  return state;
}
PickerState scanned() {
  return {1000, kMaximumSequence, false, true};
}
PickerState with_snapshot_at(SequenceNumber sequence) {
  return {1000, sequence, false};
}

std::string pick(const std::string& text, const PickerState& state) {
  return to_text(pick_merge(TestVersion(text).get(), state));
}

TEST(Picker, DoesNothingForASettledTree) {
  EXPECT_EQ(pick("", busy()), "nothing");
  EXPECT_EQ(pick("", idle()), "nothing");
  EXPECT_EQ(pick("partition - bottom 1000\npartition m bottom 1000", idle()), "nothing");
}

TEST(Picker, DistributesOnceThereAreEnoughRuns) {
  EXPECT_EQ(pick("run a-z 10 *7", busy()), "nothing");
  EXPECT_EQ(pick("run a-z 10 *8", busy()), "distribute 8 runs");
}

TEST(Picker, DistributesOnlyToPartitionsThatRunsReach) {
  const std::string partitions =
      "partition - bottom 10000\npartition g bottom 10000\npartition p bottom 10000\n";
  EXPECT_EQ(pick(partitions + "run h-k 10 *8", busy()), "distribute 8 runs: 2 fragment");
  EXPECT_EQ(pick(partitions + "run a-g 10 *8", busy()),
            "distribute 8 runs: 1 fragment, 2 fragment");
  EXPECT_EQ(pick(partitions + "run h-k 10 *8 open", busy()),
            "distribute 8 runs: 2 fragment, 3 fragment");
}

TEST(Picker, SettlesAtOnceWhereTheShareOfARunIsLargeAgainstTheBottom) {
  EXPECT_EQ(pick("partition - bottom 1000\nrun a-z 62 *8", busy()),
            "distribute 8 runs: 1 fragment");
  EXPECT_EQ(pick("partition - bottom 1000\nrun a-z 63 *8", busy()), "distribute 8 runs: 1 settle");
  EXPECT_EQ(pick("partition - none 0\nrun a-z 1 *8", busy()), "distribute 8 runs: 1 settle");
}

TEST(Picker, SettlesFragmentsThatAreLargeOrMany) {
  EXPECT_EQ(pick("partition - bottom 1000\nfragment 500", busy()), "nothing");
  EXPECT_EQ(pick("partition - bottom 1000\nfragment 501", busy()), "settle partition 1: 1 settle");
  EXPECT_EQ(pick("partition - bottom 1000\nfragment 201", busy()), "nothing");
  EXPECT_EQ(pick("partition - bottom 1000\nfragment 201", idle()), "settle partition 1: 1 settle");
  const std::string seven =
      "fragment 1\nfragment 1\nfragment 1\nfragment 1\nfragment 1\nfragment "
      "1\nfragment 1\n";
  EXPECT_EQ(pick("partition - bottom 1000\n" + seven, busy()), "nothing");
  EXPECT_EQ(pick("partition - bottom 1000\n" + seven + "fragment 1", busy()),
            "settle partition 1: 1 settle");
}

TEST(Picker, SettlesThePartitionWithMostFirst) {
  EXPECT_EQ(pick("partition - bottom 100\nfragment 60\npartition m bottom 100\nfragment 70\n"
                 "partition x bottom 1000\nfragment 400",
                 busy()),
            "settle partition 2: 2 settle");
}

TEST(Picker, SettlesGarbageThatAMergeCouldDrop) {
  EXPECT_EQ(pick("partition - bottom 1000 dead=20 of=100", busy()), "nothing");
  EXPECT_EQ(pick("partition - bottom 1000 dead=21 of=100", busy()), "settle partition 1: 1 settle");
  // A snapshot that is older than the table holds its garbage.
  EXPECT_EQ(pick("partition - bottom 1000 dead=50 of=100 seq=7", with_snapshot_at(6)), "nothing");
  EXPECT_EQ(pick("partition - bottom 1000 dead=50 of=100 seq=7", with_snapshot_at(7)),
            "settle partition 1: 1 settle");
}

TEST(Picker, SettlesExpiredEntries) {
  EXPECT_EQ(pick("partition - bottom 1000 expires=100-900x30 of=100", busy()),
            "settle partition 1: 1 settle");
  EXPECT_EQ(pick("partition - bottom 1000 expires=1000-2000x100 of=100", busy()), "nothing");
  EXPECT_EQ(pick("partition - bottom 1000 expires=500-1500x100 of=100", busy()),
            "settle partition 1: 1 settle");
  EXPECT_EQ(pick("partition - bottom 1000 expires=500-1500x30 of=100", busy()), "nothing");
}

TEST(Picker, SettlesBelowARangeTombstoneThatNobodyLooksBehind) {
  EXPECT_EQ(pick("partition - bottom 1000\nfragment 1 range seq=7", busy()),
            "settle partition 1: 1 settle");
  EXPECT_EQ(pick("partition - bottom 1000\nfragment 1 range seq=7", with_snapshot_at(6)),
            "nothing");
}

TEST(Picker, AnIdleDatabaseDistributesWhatABusyOneLeaves) {
  const std::string tree = "partition - bottom 1000\n";
  EXPECT_EQ(pick(tree + "run a-z 50", idle()), "nothing");
  EXPECT_EQ(pick(tree + "run a-z 51", idle()), "distribute 1 runs: 1 fragment");
  EXPECT_EQ(pick(tree + "run a-z 51", busy()), "nothing");
  EXPECT_EQ(pick(tree + "run a-z 1 *2", idle()), "distribute 2 runs: 1 fragment");
  EXPECT_EQ(pick(tree + "run a-z 1 range", idle()), "distribute 1 runs: 1 fragment");
  EXPECT_EQ(pick(tree + "run a-z 1 dead=21 of=100", idle()), "distribute 1 runs: 1 fragment");
}

TEST(Picker, RunsThatRangesLookIntoAllTheTimeAreDistributedEarly) {
  const std::string tree = "partition - bottom 1000\n";
  EXPECT_EQ(pick(tree + "run a-z 10 *2", scanned()), "distribute 2 runs: 1 fragment");
  EXPECT_EQ(pick(tree + "run a-z 10", scanned()), "nothing");
  EXPECT_EQ(pick(tree + "run a-z 10 *2", busy()), "nothing");
}

TEST(Picker, EmptiesValueFilesThatAreMostlyGarbage) {
  const std::string tree = "partition - bottom 1000\npartition m bottom 1000 values=9:2300000\n";
  EXPECT_EQ(pick(tree + "values 9 4000000 of=4000000", busy()),
            "collect garbage of value files: 2 settle, empty 9");
  EXPECT_EQ(pick(tree + "values 9 4000000 of=3000000", busy()), "nothing");
  // Too small to be worth it; and one that nothing points to is removed without being emptied.
  EXPECT_EQ(pick("partition - bottom 1000 values=9:1\nvalues 9 200000 of=190000", busy()),
            "nothing");
  EXPECT_EQ(pick("partition - bottom 1000\nvalues 9 4000000 of=4000000", busy()), "nothing");
}

TEST(Picker, PutsValuesInTheOrderOfTheirKeysWhereThereIsTimeAndRoom) {
  const std::string tree =
      "partition - bottom 1000 values=8:4000000\npartition m bottom 1000 values=9:4000000\n";
  const std::string ordered = "values 8 4000000 of=4000000\n";
  EXPECT_EQ(pick(tree + ordered + "values 9 4000000 of=4000000 mixed", with_time()),
            "order values of partition 2: 2 settle, empty 9");
  EXPECT_EQ(pick(tree + ordered + "values 9 4000000 of=4000000 mixed", idle()), "nothing");
  EXPECT_EQ(pick(tree + ordered + "values 9 4000000 of=4000000", with_time()), "nothing");
  // What has to be done comes first, and without it.
  EXPECT_EQ(pick(tree + "run a-z 600\n" + ordered + "values 9 4000000 of=4000000 mixed",
                 with_time()),
            "distribute 1 runs: 1 settle, 2 settle");
}

TEST(Picker, OrdersAPartitionsValuesAtOnceUnlessTheyAreMany) {
  std::string bottoms = "partition - bottom 1000";
  std::string files;
  for (int i = 1; i <= 5; ++i) {
    bottoms += " values=" + std::to_string(i) + ":100000000";
    files += "values " + std::to_string(i) + " 100000000 of=100000000 mixed\n";
  }
  EXPECT_EQ(pick(bottoms + "\n" + files, with_time()),
            "order values of partition 1: 1 settle, empty 1, empty 2, empty 3");
}

std::string full(const std::string& text) {
  return to_text(plan_full_merge(TestVersion(text).get(), busy()));
}

TEST(Picker, AFullMergeTakesEverythingIfThereIsSomethingToGain) {
  EXPECT_EQ(full(""), "nothing");
  EXPECT_EQ(full("partition - bottom 1000\npartition m bottom 10"), "nothing");
  EXPECT_EQ(full("run a-z 1"), "full merge");
  EXPECT_EQ(full("partition - bottom 1000\npartition m bottom 10\nrun a-b 1"),
            "full merge: 1 settle, 2 settle");
  EXPECT_EQ(full("partition - bottom 1000 dead=1\npartition m bottom 10"),
            "full merge: 1 settle, 2 settle");
}

TEST(Picker, LooksAgainWhenTheFirstTableHasExpired) {
  EXPECT_EQ(next_expiry_ms(*TestVersion("partition - bottom 1000").get()), 0u);
  EXPECT_EQ(next_expiry_ms(*TestVersion("partition - bottom 1000 expires=10-2000x3\n"
                                        "fragment 10 expires=5-1500x1\nrun a-z 10")
                                .get()),
            1500u);
}

}  // namespace
}  // namespace ashlar
